"""Hostile messages over the websocket, while another visitor uses the page.

A case is a list of actions of one visitor: frames and messages that break the protocol, patches of
models that are or are not there, forged values and messages for every component of the page, events
of any kind. After each case the server must live, answer the other visitor's change, have neither
grown nor logged much, and have told nothing of its own files.
"""

import asyncio
import itertools
import json
import re
import socket
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import PurePath
from random import Random
from typing import Any, NamedTuple

from benchmarks.fuzz.forged import message, patch, resolved
from benchmarks.fuzz.served import Served
from benchmarks.fuzz.values import hostile, large
from benchmarks.fuzz.visitor import (
    PATIENCE,
    ConnectionEndedError,
    Visitor,
    component_message,
    open_page,
    set_value,
)

Case = list[tuple[str, Any]]

IN_LAB = ("Upload", "RunRows")
"""Components that the page of networks has."""
ANSWER_WITHIN = 2.0
"""Seconds within which the other visitor's change must be answered."""
LONGEST = 20.0
"""Seconds for which that answer is awaited."""
READ_FOR = 3.0
"""Seconds for which the answers to a case are awaited."""
GROWTH = 300_000_000
"""Bytes of memory by which the server may grow in one case."""
LOG_GROWTH = 100_000
"""Bytes that the server may log of one case."""
TRACEBACK = "Traceback (most recent call last):"
OWN_PLACE = re.compile(r'File "[^"]*?(egop/(?!page/)[\w/]+\.py)", line \d+, in (\w+)')
ERROR = re.compile(r"^(\w[\w.]*(?:Error|Exception|Warning|Interrupt))\b", re.MULTILINE)
PATHS = re.compile(r"(?:/[\w.+-]+){2,}/[\w.+-]+\.py\b|Traceback \(most recent call last\)")
"""Matches text that tells of the server's own files."""


def generate(rng: Random) -> Case:
    """Between one and four actions; each is the name of how it is sent, and what is sent."""
    return [rng.choice(ACTIONS)(rng) for _ in range(rng.randint(1, 4))]


def garbage_frame(rng: Random) -> tuple[str, Any]:
    """Frames that are no part of a message."""
    texts = ("", "{", "[]", "null", "\x00", "{}" * 1000, json.dumps(large(rng)))
    kinds: Any = (
        lambda: [rng.choice(texts) for _ in range(rng.randint(1, 4))],
        lambda: [rng.randbytes(rng.choice([0, 1, 100, 100_000]))],
        lambda: ["{}", "{}", "{}", rng.randbytes(10)],
        lambda: ["{}", "{}", "[" * 100_000],
    )
    return "frames", rng.choice(kinds)()


def raw_bytes(rng: Random) -> tuple[str, Any]:
    """Bytes that are no frames: a length that never comes, reserved bits, unmasked, cut off."""
    heads = (
        b"\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00x",  # 2⁶³ − 1 bytes of text
        b"\x82\xfe\xff\xff\x00\x00\x00\x00" + b"x" * 100,  # half a frame
        b"\xf1\x80\x00\x00\x00\x00",  # reserved bits
        b"\x81\x05hello",  # not masked
        b"\x8b\x80\x00\x00\x00\x00",  # an unknown opcode
        b"\x88\x82\x00\x00\x00\x00\x00\x01",  # closed with a number that is none
        b"\x01\x81\x00\x00\x00\x00x" * 1000,  # parts of a message that never ends
        b"\xc1\x90\x00\x00\x00\x00" + b"\xff" * 16,  # no compressed data
    )
    return "raw", rng.choice([*heads, rng.randbytes(200)])


def wrong_message(rng: Random) -> tuple[str, Any]:
    """A message of an unknown type, or with a header or content that is none."""
    return "message", message(rng)


def forged_patch(rng: Random) -> tuple[str, Any]:
    """A patch whose models are chosen when the page is open, by a number."""
    return "patch", patch(rng)


def forged_field(rng: Random) -> tuple[str, Any]:
    """A forged value for a field of a form."""
    name = rng.choice([*FIELDS, "", "no such field", "__class__", "rate:__class__"])
    return "Fields", {"name": name, "value": hostile(rng)}


def forged_upload(rng: Random) -> tuple[str, Any]:
    """A message of the component that takes files."""
    data = {"key": rng.choice(["k", 1, None, [1]])}
    begin = {"size": hostile(rng), "name": hostile(rng)}
    part = {"at": rng.choice([0, 1, -1, None, hostile(rng)]), "part": hostile(rng)}
    return "Upload", data | rng.choice([begin, part, begin | part, {}])


def forged_row(rng: Random) -> tuple[str, Any]:
    """A message of the list of runs."""
    acts = (
        "open",
        "check",
        "rename",
        "delete",
        "resume",
        "pause",
        "cancel",
        "download",
        "__call__",
    )
    return "RunRows", {"act": rng.choice(acts), "name": hostile(rng), "value": hostile(rng)}


ACTIONS = (
    garbage_frame, raw_bytes, wrong_message, forged_patch, forged_patch, forged_patch, forged_field,
    forged_field, forged_field, forged_upload, forged_row,
)  # fmt: skip
FIELDS = (
    "objective", "formula:typed", "window", "problem_seed", "condition_number", "angle", "dim",
    "decay", "first_axis", "second_axis", "distribution", "mean", "scale", "elongation", "tilt",
    "degrees_of_freedom", "separation", "n_samples", "basis", "dial_angle", "methods", "rate:adam",
    "rate:adagrad", "rate:nothing", "n_steps", "start", "tolerance", "accumulator", "seed",
    "change_step", "change_factor", "mapped_back", "linear", "experiment", "trials", "epochs",
    "rates", "search", "search:typed", "state", "compare", "undo", "look", "again", "start:typed",
    "loaded", "autoplay", "name", "rotated_rates", "param",
)  # fmt: skip


class Stage(NamedTuple):
    """The server, and who uses it."""

    loop: asyncio.AbstractEventLoop
    served: Served
    visitors: dict[str, Visitor]


_STAGES: list[Stage] = []
_SEEDS = itertools.cycle(range(1, 1000))


def stage() -> Stage:
    """The server and its visitors, made at the first call."""
    if not _STAGES:
        _STAGES.append(Stage(asyncio.new_event_loop(), Served(), {}))
    return _STAGES[0]


def close() -> None:
    """Ends the server."""
    while _STAGES:
        ended = _STAGES.pop()
        ended.served.close()
        ended.loop.run_until_complete(_leave(ended.visitors.values()))
        ended.loop.run_until_complete(ended.loop.shutdown_asyncgens())
        ended.loop.close()


async def _leave(visitors: Iterable[Visitor]) -> None:
    """Closes connections, which takes their event loop."""
    for visitor in visitors:
        visitor.close()


def check(case: Case) -> str:
    """Plays a case against the server; the sentence of what the server did wrong."""
    ready = stage()
    harmed, findings = ready.loop.run_until_complete(_play(ready, case))
    if harmed:
        close()  # the next case meets a sound server
    return next(iter([harmed, *findings] if harmed else findings), "")


async def _play(ready: Stage, case: Case) -> tuple[str, list[str]]:
    """Returns the harm to the server, and what else was wrong, the worst first."""
    served = ready.served
    attacker = await _ready_attacker(ready, in_lab=any(how in IN_LAB for how, _ in case))
    other = await _come(ready, "other")
    memory, logged = served.memory, served.log_size
    attacker.received.clear()
    try:
        for how, what in case:
            await _act(served, attacker, how, what)
        await attacker.ask("SERVER-INFO-REQ", {}, READ_FOR)
    except (ConnectionEndedError, TimeoutError):
        attacker.close()  # after half a message nothing is answered any more
    if not served.lives:
        return "the server has ended", []
    findings = raised(served.logged_since(logged))
    if served.log_size - logged > LOG_GROWTH:
        findings.append(f"the server logged more than {LOG_GROWTH // 1000} kB")
    findings += told(attacker.received)
    if served.memory - memory > GROWTH:
        return f"the server grew by more than {GROWTH // 10**6} MB", findings
    return await _use(other), findings


def told(texts: list[str]) -> list[str]:
    """Findings of the server's own files in messages to the browser."""
    found = {match[0] for text in texts for match in PATHS.finditer(text)}
    return [f"the browser was told {PurePath(each).name!r}" for each in sorted(found)[:1]]


def raised(log: str) -> list[str]:
    """The errors that left our own code: what kind, and in which function."""
    found = set()
    for block in log.split(TRACEBACK)[1:]:
        places, error = OWN_PLACE.findall(block), ERROR.search(block)
        if places and error:
            found.add(f"{error[1]} in {places[-1][0]}, {places[-1][1]}")
    return sorted(found)


async def _ready_attacker(ready: Stage, *, in_lab: bool) -> Visitor:
    """The attacker with an open page; one whose last case had its connection closed comes anew."""
    attacker = await _come(ready, "attacker")
    if in_lab:
        try:
            await _open_lab(attacker)
        except ConnectionEndedError:
            attacker.close()
            attacker = await _come(ready, "attacker")
            await _open_lab(attacker)
    return attacker


async def _come(ready: Stage, name: str) -> Visitor:
    """A visitor whose page is open."""
    visitor = ready.visitors.get(name)
    if visitor is None or visitor.ended:
        if visitor is not None:
            visitor.close()
        visitor = ready.visitors[name] = await open_page(ready.served.url)
    return visitor


async def _open_lab(attacker: Visitor) -> None:
    """Opens the page of networks and waits until it is there."""
    if not attacker.data_of("RunRows"):
        await attacker.patch(set_value(attacker.data_of("TabMenu"), "active", 1))
    async with asyncio.timeout(PATIENCE):
        while not attacker.data_of("RunRows"):
            await asyncio.sleep(1.0)  # the server bounds how often it is asked
            await attacker.look()


async def _act(served: Served, attacker: Visitor, how: str, what: Any) -> None:
    """Does one action of a case."""
    if how == "frames":
        for frame in what:
            await attacker.send_frame(frame)
    elif how == "raw":
        await asyncio.to_thread(send_raw, served.port, attacker.token, what)
    elif how == "message":
        await attacker.send(*what)
    else:
        events = what if how == "patch" else [_to_component(attacker, how, what)]
        content = {"events": resolved(events, attacker)}
        await attacker.send({"msgid": "forged", "msgtype": "PATCH-DOC"}, {}, content)


def _to_component(attacker: Visitor, kind: str, data: Any) -> Any:
    """The event of a message to a component; to the form that has the field."""
    holds = json.dumps(data["name"]) if kind == "Fields" else ""
    return component_message(attacker.component(kind, holds), data)


def send_raw(port: int, token: str, content: bytes) -> None:
    """Opens a websocket by hand and sends bytes over it, whether or not they are frames."""
    request = (
        f"GET /app/ws HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: bokeh, {token}\r\n"
        f"Origin: http://127.0.0.1:{port}\r\n"
        "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n"
    )
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=2) as channel:
        channel.sendall(request.encode())
        channel.recv(1000)
        channel.sendall(content)
        channel.settimeout(0.2)
        channel.recv(1000)


async def _use(other: Visitor) -> str:
    """Another visitor changes the samples' seed; the sentence of what is wrong with the answer."""
    event = component_message(
        other.component("Fields", '"seed"'), {"name": "seed", "value": next(_SEEDS)}
    )
    begun = time.monotonic()
    try:
        await other.patch(event, seconds=LONGEST)
    except ConnectionEndedError:
        return "another visitor's connection was closed"
    except TimeoutError:
        return f"another visitor's change was not answered within {LONGEST:g} s"
    seconds = time.monotonic() - begun
    return f"another visitor waited over {ANSWER_WITHIN:g} s" if seconds > ANSWER_WITHIN else ""
