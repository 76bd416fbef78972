"""The address names what is open, and is followed after Back and Forward."""

from egop.page.address import Address


def test_parts_are_written_and_others_stay():
    address = Address("?theme=dark&page=networks")
    address.write(page="", run="a,b c")
    assert address.search == "?theme=dark&run=a%2Cb+c"
    assert address.query == {"theme": "dark", "run": "a,b c"}
    Address("").write(page="")
    assert Address("?page=x").query == {"page": "x"}


def test_what_is_opened_on_the_way_back_is_no_new_entry():
    address = Address()
    moves = []

    def show(query):
        moves.append(query)
        address.write(page="halfway")

    address.on_move(show)
    address.write(page="networks")
    assert not moves
    address.search = "?page=explorer"
    assert moves == [{"page": "explorer"}]
    assert address.search == "?page=explorer"
