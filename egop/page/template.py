"""The page's HTML, in which an outline is painted before any script has come."""

from pathlib import Path

import panel as pn

TEMPLATE = Path(__file__).with_name("template.html")


def fetch_scripts_early() -> None:
    """Lets the browser load the scripts of this session's components beside the others.

    Otherwise it would ask for them when the document has come, which is after all others. To be
    called once everything is servable.
    """
    document = pn.state.curdoc
    if document is not None:
        scripts = {getattr(root, "esm", "") for root in document.roots} - {""}
        document.template_variables["fetched_early"] = sorted(scripts)
