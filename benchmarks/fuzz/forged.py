"""Messages of Bokeh's protocol as no browser sends them.

Which models a page has is known when it is open: {"pick": p} stands for the model at that share of
all, {"pick": p, "of": CLASS} for the data of a component of ours. `resolved` puts in their ids.
"""

from functools import cache
from importlib import import_module
from random import Random
from typing import Any

from benchmarks.fuzz.values import hostile, nested
from benchmarks.fuzz.visitor import Visitor, document_event

TYPES = (
    "PATCH-DOC", "PULL-DOC-REQ", "PUSH-DOC", "SERVER-INFO-REQ", "ACK", "OK", "ERROR",
    "PULL-DOC-REPLY", "PATCH-DOC-REPLY", "no such type", "", None, 7, [], {"a": 1},
)  # fmt: skip
EVENTS = (
    "tap", "pan", "panstart", "panend", "wheel", "pinch", "reset", "rangesupdate",
    "selectiongeometry", "button_click", "value_submit", "document_ready", "connection_lost",
    "client_reconnected", "clear_input", "dom_event", "data_event", "esm_event", "lodstart",
    "no such event", "", None, 7,
)  # fmt: skip
DOCUMENT_EVENTS = (
    "ModelChanged", "ColumnDataChanged", "ColumnsStreamed", "ColumnsPatched", "TitleChanged",
    "RootAdded", "RootRemoved", "MessageSent", "SessionCallbackAdded", "no such kind", None, [],
)  # fmt: skip
OF_EVERY_MODEL = ("name", "tags", "subscribed_events", "js_event_callbacks", "data", "children")


def message(rng: Random) -> list[Any]:
    """Header, metadata and content of a message, and sometimes its buffers."""
    header: Any = {"msgid": rng.choice(["m", "", None, 3]), "msgtype": rng.choice(TYPES)}
    header |= rng.choice([{}, {"num_buffers": rng.choice([1, -1, "1", 10**9])}, {"reqid": "r"}])
    header = rng.choice([header, header, header, [], "header", None, {}])
    contents = [{}, {"events": hostile(rng)}, {"doc": hostile(rng)}, hostile(rng)]
    contents.append({"doc": {"version": "9", "title": hostile(rng), "roots": [hostile(rng)]}})
    buffers = [{"id": "b"}, rng.randbytes(1000)] if rng.random() < 0.3 else []
    return [header, rng.choice([{}, [], None]), rng.choice(contents), *buffers]


def patch(rng: Random) -> list[Any]:
    """Between one and three events that are to change the document."""
    kinds = (forged_property, forged_property, forged_property, other_event, model_event)
    return [rng.choice(kinds)(rng) for _ in range(rng.randint(1, 3))]


def forged_property(rng: Random) -> Any:
    """A value for a property that the browser may set, or may not."""
    value: Any = nested(300) if rng.random() < 0.05 else hostile(rng)
    if rng.random() < 0.2:
        model, attribute = {"pick": rng.random()}, rng.choice(OF_EVERY_MODEL)
    else:
        kind, attribute = rng.choice(settable())
        model = {"pick": rng.random(), "of": kind}
    return {"kind": "ModelChanged", "model": model, "attr": attribute, "new": value}


def other_event(rng: Random) -> Any:
    """An event of another kind, with fields that may be missing or wrong."""
    fields = {
        "model": {"pick": rng.random()}, "attr": "data", "title": hostile(rng), "new": hostile(rng),
        "data": {"type": "map", "entries": [["x", hostile(rng)]]}, "rollover": hostile(rng),
        "patches": {"x": [[hostile(rng), hostile(rng)]]}, "cols": hostile(rng),
        "msg_type": rng.choice(["bokeh_event", "x", None]), "msg_data": hostile(rng),
    }  # fmt: skip
    kept = {name: each for name, each in fields.items() if rng.random() < 0.8}
    return {"kind": rng.choice(DOCUMENT_EVENTS)} | kept


def model_event(rng: Random) -> Any:
    """Something that happened to a model: a gesture beyond the figure, an event of no kind."""
    values = {name: hostile(rng) for name in ("x", "y", "sx", "sy", "data", "node", "modifiers")}
    if rng.random() < 0.5:
        numbers = (0.0, -1e308, 1e308, 1e9, -5.0, {"type": "number", "value": "nan"})
        values |= {name: rng.choice(numbers) for name in ("x", "y", "sx", "sy")}
    kept = {name: each for name, each in values.items() if rng.random() < 0.7}
    return document_event(rng.choice(EVENTS), model={"pick": rng.random()}, **kept)


@cache
def settable() -> list[tuple[str, str]]:
    """The properties, by class, of our components that are synchronized with the browser."""
    from panel.custom import JSComponent

    for module in ("egop.page.main", "egop.lab.lab"):
        import_module(module)

    found = [("TabMenu", "active"), ("Tabs", "active"), ("Page", "sidebar_open")]
    for kind in JSComponent.__subclasses__():
        if kind.__module__.startswith("egop."):
            names = sorted(set(kind.param) - set(JSComponent.param))
            found += [(kind.__name__, name) for name in names]
    return sorted(found)


def resolved(forged: Any, visitor: Visitor) -> Any:
    """The same with the ids of a page's models."""
    if isinstance(forged, dict):
        if "pick" in forged:
            return {"id": _picked(forged, visitor)}
        return {key: resolved(each, visitor) for key, each in forged.items()}
    if isinstance(forged, list) and len(forged) < 100:
        return [resolved(each, visitor) for each in forged]
    return forged


def _picked(forged: dict[str, Any], visitor: Visitor) -> str:
    if "of" in forged:
        return visitor.data_of(forged["of"])
    ids = list(visitor.models)
    return ids[int(forged["pick"] * len(ids))]
