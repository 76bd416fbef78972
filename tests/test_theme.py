"""Line styles by basis, also of bases whose names are labels of one's own."""

from egop import theme


def test_bases_with_labels_of_ones_own_have_dashes_of_their_own():
    names = ["original", "mine", "egop", "yours", "third", "mine"]
    found = theme.basis_dashes(names)
    assert list(found) == ["original", "mine", "egop", "yours", "third"]
    assert len({*found.values()}) == 5
    assert found["egop"] == theme.BASIS_DASHES["egop"]


def test_no_two_bases_of_the_table_look_the_same():
    dashes = [*theme.BASIS_DASHES.values(), *theme.OTHER_DASHES]
    assert len({*dashes}) == len(dashes)
    assert theme.BASIS_LABELS.keys() == theme.BASIS_DASHES.keys()
    assert len({*theme.BASIS_LABELS.values()}) == len(theme.BASIS_LABELS)
