"""What every figure is made of."""

from io import BytesIO

from egop.figures.panels import caption, key, panels


def test_names_with_a_dollar_are_text_and_no_formula():
    figure, _ = panels(["training loss"])
    key(figure, ["$\\frac$"], ["$\\nothing$"])
    caption(figure, "a run called $\\frac$")
    file = BytesIO()
    figure.savefig(file, format="svg")
    assert file.getvalue()
