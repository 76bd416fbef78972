"""Methods in writing, which may come from strangers: what is read, and nothing carried out."""

import pytest

from egop import methods
from egop.methods.written import read_call


@pytest.mark.parametrize("name", methods.METHODS)
def test_a_method_in_writing_is_made_again(name):
    usual = methods.method(name)
    assert methods.written(usual) == name
    number = next(iter(usual.hyperparameters._fields), None)
    if number is None:
        return
    value = getattr(usual.hyperparameters, number)
    changed = usual.changed(**{number: value + 1 if isinstance(value, int) else value / 3 + 0.1})
    text = methods.written(changed)
    assert text.startswith(f"{name}({number}=")
    again = methods.method(text)
    assert again.hyperparameters == changed.hyperparameters
    assert again.rule == changed.rule


def test_words_need_no_quotes_and_numbers_keep_all_digits():
    given = methods.muon(orthogonalization="exact", momentum=1 / 3)
    text = "muon(momentum=0.3333333333333333, orthogonalization=exact)"
    assert methods.written(given) == text
    for each in (text, text.replace("exact", "'exact'"), text.replace(" ", "")):
        assert methods.method(each).hyperparameters == given.hyperparameters
    assert methods.method("adam(learning_rate=0.5, beta1=0.5)", 0.1).learning_rate == 0.1


@pytest.mark.parametrize(
    "text",
    [
        "galore(4)", "galore(rank=4", "galore(rank=4)(1)", "galore(**{})", "galore(rank=[4])",
        "galore(rank=__import__('os'))", "galore(rank=4).name", "a.b(rank=4)", "galore(rank=True)",
        "galore(rank=4, rank=5)", f"galore(rank={'9' * 400})", f"galore(rank={'(' * 250}",
        "galore(rank=4); 1", "galore(rank=\x00)",
    ],
)  # fmt: skip
def test_what_is_no_method_in_writing_is_one_sentence(text):
    with pytest.raises(ValueError, match="a method is written as its name, or") as caught:
        read_call(text)
    assert "\n" not in str(caught.value)


def test_a_method_that_its_name_does_not_stand_for_is_not_written():
    other = methods.Method("adam", 0.1, methods.lion().hyperparameters, methods.lion().rule)
    unknown = methods.Method("nobody", 0.1, methods.lion().hyperparameters, methods.lion().rule)
    for each in (other, unknown):
        with pytest.raises(ValueError, match=r"egop\.methods\.register makes it known"):
            methods.written(each)
