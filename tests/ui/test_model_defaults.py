"""Kept defaults of Bokeh's models are those that Bokeh works out."""

from inspect import unwrap

import pytest
from bokeh.core.has_props import HasProps
from bokeh.core.properties import List, Override, String
from bokeh.core.property.descriptors import PropertyDescriptor
from bokeh.document import Document
from bokeh.model import Model
from bokeh.models import GlyphRenderer, Scatter
from bokeh.plotting import figure
from bokeh.themes import Theme

from egop.ui import model_defaults

INSIDES = (
    (PropertyDescriptor, "_get_default"),
    (PropertyDescriptor, "has_unstable_default"),
    (HasProps, "themed_values"),
)
BOKEHS = [unwrap(getattr(owner, name)) for owner, name in INSIDES]


@pytest.fixture(autouse=True)
def patched(monkeypatch):
    use_bokehs(monkeypatch)
    monkeypatch.setattr(model_defaults, "_defaults", {})
    model_defaults.keep_model_defaults.__wrapped__()


def use_bokehs(monkeypatch):
    for (owner, name), original in zip(INSIDES, BOKEHS, strict=True):
        monkeypatch.setattr(owner, name, original)


def values(model, monkeypatch):
    with monkeypatch.context() as context:
        use_bokehs(context)
        expected = model.properties_with_values()
    return model.properties_with_values(), expected


def test_every_default_is_bokehs(monkeypatch):
    models = {type(each): each for each in figure().references()}
    for model in models.values():
        for _ in range(2):  # the second time it is kept
            found, expected = values(model, monkeypatch)
            assert found.keys() == expected.keys()
            wrong = [name for name in found if repr(found[name]) != repr(expected[name])]
            assert not wrong, type(model)
    assert model_defaults._defaults.keys() >= models.keys()


def test_a_subclass_and_a_theme_have_defaults_of_their_own():
    class Smaller(Scatter):
        size = Override(default=3)  # type: ignore[assignment]

    assert (Scatter().size, Smaller().size, Scatter().size) == (4, 3, 4)
    fig = figure()
    assert fig.border_fill_color == "#ffffff"
    Document(theme=Theme(json={"attrs": {"Plot": {"border_fill_color": "#123456"}}})).add_root(fig)
    assert fig.border_fill_color == "#123456"
    assert figure().border_fill_color == "#ffffff"


def test_what_can_be_changed_in_place_belongs_to_one_model():
    class Named(Model):
        names = List(String, default=["a"])

    first, second = Named(), Named()
    first.names.append("b")
    assert (first.names, second.names) == (["a", "b"], ["a"])
    assert GlyphRenderer(glyph=Scatter()).view is not GlyphRenderer(glyph=Scatter()).view


def test_a_value_that_was_set_is_no_default():
    assert (Scatter(size=9).size, Scatter().size) == (9, 4)
