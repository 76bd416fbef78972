"""A sentence over the figures, where it is seen wherever the wrong control is."""

from html import escape

import panel as pn

from egop.ui.layout import NARROW

STYLE = f"""
:host {{ grid-area: 3 / 1 / 4 / 3; z-index: 4; justify-self: center; align-self: start;
  width: auto !important; height: auto !important; max-width: min(640px, 92%);
  margin: 34px 0 0 !important; pointer-events: none; }}
div.notice {{ font: 14px/1.4 system-ui, sans-serif; padding: 8px 14px; border-radius: 8px;
  color: var(--panel-on-background-color, #1c2430); overflow-wrap: anywhere;
  background: var(--panel-surface-color, #fff); border: 1px solid var(--wrong, #b3261e);
  border-left-width: 5px; box-shadow: 0 2px 10px rgb(0 0 0 / 18%); }}
div.waits {{ border-color: var(--panel-border-color, #9aa5b1); }}
.notice p {{ margin: 0; }}
.notice p + p {{ opacity: 0.8; font-size: 13px; }}
@media (max-width: {NARROW}px) {{ :host {{ grid-area: auto; position: sticky !important; top: 0;
  max-width: none; margin: 0 !important; justify-self: stretch; }} }}
"""


class Notice(pn.pane.HTML):
    """The reason why a scene cannot be shown, over the figures of an earlier one; else hidden."""

    def __init__(self):
        super().__init__("", visible=False, margin=0, stylesheets=[STYLE])

    def tell(self, sentence: str, earlier: str, wrong: bool = True) -> None:
        """Shows a sentence; "" hides it.

        Args:
            sentence: what is wrong.
            earlier: the objective that the figures still show; "": they are empty.
            wrong: whether it says what is wrong; False: for what one waits.
        """
        kind, role = ("notice", "alert") if wrong else ("notice waits", "status")
        still = f"<p>Still showing: {escape(earlier)}</p>" if earlier else ""
        text = f'<div class="{kind}" role="{role}"><p>{escape(sentence)}</p>{still}</div>'
        self.param.update(object=text if sentence else "", visible=bool(sentence))
