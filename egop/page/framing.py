"""The sites whose pages may show this one in a frame: none, unless the server is told so."""

import re
from functools import cache

FRAMED_BY = "EGOP_FRAMED_BY"
"""The environment variable with the origins of these sites, with commas between them."""
ORIGIN = re.compile(r"https?://[\w.*-]+(:\d+)?")


@cache
def framing_origins(text: str) -> tuple[str, ...]:
    """Returns the origins named in a text, "https://a.example, https://b.example:8443".

    Raises:
        ValueError: a part is no origin.
    """
    origins = tuple(part.strip().rstrip("/") for part in text.split(",") if part.strip())
    for origin in origins:
        if not ORIGIN.fullmatch(origin):
            raise ValueError(
                f"a site that frames the page is named like https://moodle.example, got {origin!r}"
            )
    return origins
