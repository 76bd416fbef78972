"""A choice between two or three pictures, as buttons side by side."""

import panel_material_ui as pmui

STYLE = """
.MuiFormLabel-root { display: none !important; }
.MuiToggleButton-root { text-transform: none !important; padding: 4px 8px !important; }
"""
"""The label is the group's accessible name; it need not be seen."""


def switch(label: str, options: list[str]) -> pmui.RadioButtonGroup:
    """Buttons of which one is pressed, at first the first.

    Args:
        label: the accessible name of the group.
        options: what the buttons say.
    """
    return pmui.RadioButtonGroup(
        label=label, options=options, value=options[0], size="small", margin=(2, 0),
        sizing_mode="stretch_width", stylesheets=[STYLE],
    )  # fmt: skip
