"""`python -m benchmarks.page`: the served page in a real browser, timed from event to redraw.

A first visit at 1.6 Mb/s, opening, dragging the start and ρ's ellipse, moving a slider at 10 and 30
events a second, paints and websocket frames while playing, and a drag while another visitor
computes a map or runs an experiment.
"""

import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
from playwright.sync_api import Browser, sync_playwright

from benchmarks import machine
from benchmarks.arguments import take_none
from tests import chromium
from tests.app.driver import Explorer
from tests.app.lab_driver import Networks
from tests.conftest import Visit, serve

RESULT = Path(__file__).parent / "results" / "page.json"
WATCH = """
() => {
  // An event is drawn by the first packet that comes after the server has confirmed its message.
  const times = (window.times = {waits: [], redraws: 0});
  let unsent = [], confirmed = [], last = null;
  const sent = new Map();
  for (const kind of ["pointermove", "keydown", "input"])
    addEventListener(kind, () => unsent.push(performance.now()), true);
  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (data) {
    const id = typeof data === "string" && data.match(/"msgid":"(\\w+)"/)?.[1];
    if (id && unsent.length) { sent.set(id, unsent); unsent = []; }
    return send.call(this, data);
  };
  const {get} = Object.getOwnPropertyDescriptor(MessageEvent.prototype, "data");
  Object.defineProperty(MessageEvent.prototype, "data", {get() {
    const data = get.call(this);
    const id = this !== last && typeof data === "string" && data.match(/"reqid": "(\\w+)"/)?.[1];
    last = this;
    if (id && sent.has(id)) { confirmed.push(...sent.get(id)); sent.delete(id); }
    return data;
  }});
  const deep = (node) => {
    for (const child of node.children ?? []) {
      if (child.matches?.(".bar[data-loads]")) return child;
      const found = (child.shadowRoot && deep(child.shadowRoot)) || deep(child);
      if (found) return found;
    }
  };
  const loaded = () => {
    const shown = confirmed;
    confirmed = [];
    requestAnimationFrame(() => setTimeout(() => { // after the figures were painted
      times.redraws++;
      times.waits.push(...shown.map((time) => performance.now() - time));
    }));
  };
  new MutationObserver(loaded).observe(deep(document.body), {attributeFilter: ["data-loads"]});
}
"""
PAINTS = """
(seconds) => new Promise((resolve) => { // counting costs frames, so only while it is asked for
  const begun = performance.now();
  let n = 0;
  const count = (now) => {
    n++;
    if (now - begun < 1000 * seconds) requestAnimationFrame(count);
    else resolve((1000 * n) / (now - begun));
  };
  requestAnimationFrame(count);
})
"""


def main() -> None:
    """Measures, prints a table and stores it beside the machine."""
    rows: dict[str, object] = {}
    folder = Path(tempfile.mkdtemp())
    command = sys.executable, "-m", "panel", "serve", "app"
    path = chromium.find_chromium()
    with (
        serve(folder / "server.log", *command, EGOP_RUNS=str(folder / "runs")) as server,
        sync_playwright() as tool,
    ):
        browser = tool.chromium.launch(executable_path=path, args=list(chromium.ARGUMENTS))
        seconds = []
        for _ in range(4):
            begun = time.perf_counter()
            page = visit(browser, server.url)
            seconds.append(time.perf_counter() - begun)
            page.page.context.close()
        rows["usable after navigation, seconds (first, then median)"] = (
            round(seconds[0], 2), round(median(seconds[1:]), 2),
        )  # fmt: skip
        rows |= first_visit(browser, server.url)
        page = visit(browser, server.url)
        page.evaluate(WATCH)
        rows |= playing(page)
        page.press("End")
        for rate in (10, 30):
            start = page.points("left-start")[0]
            name = f"drag of the start, {rate} a second"
            rows[name] = latency(page, lambda s=start, r=rate: drag(page, s, r))
            rows[f"slider, {rate} a second"] = latency(page, lambda r=rate: slide(page, r))
        end = page.points("left-handles")[1]
        rows["drag of ρ's ellipse, M = 2000, 10 a second"] = latency(
            page, lambda: drag(page, end, 10)
        )
        other = visit(browser, server.url)
        other.page.get_by_role("tab", name="Map").click()
        other.page.wait_for_timeout(1000)
        start = page.points("left-start")[0]
        rows["drag of the start while another visitor's map is computed"] = latency(
            page, lambda: drag(page, start, 10)
        )
        other.page.wait_for_timeout(6000)  # until the map is whole, so that the log stays clean
        other.page.context.close()
        begin_experiment(browser, server.url)
        rows["drag of the start while another visitor's experiment runs"] = latency(
            page, lambda: drag(page, start, 10)
        )
        for name, row in rows.items():
            print(f"{name:<62} {row}", flush=True)
        content = {"machine": machine.describe(), "rows": rows}
        RESULT.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n")
        browser.close()


def first_visit(browser: Browser, url: str) -> dict[str, object]:
    """Bytes and seconds of a first visit over a slow connection (1.6 Mb/s, 150 ms)."""
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    page = context.new_page()
    tool = context.new_cdp_session(page)
    sizes: list[float] = []
    tool.send("Network.enable")
    tool.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    tool.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": 150, "downloadThroughput": 2e5, "uploadThroughput": 2e5},
    )
    made = Visit(page)
    page.on("websocket", made.count_frames)
    begun = time.perf_counter()
    Explorer(made, url)
    usable = time.perf_counter() - begun
    (painted,) = page.evaluate(
        "performance.getEntriesByName('first-contentful-paint').map((entry) => entry.startTime)"
    )
    messages = sum(map(len, made.frames_received))
    context.close()
    return {
        "first visit at 1.6 Mb/s: MB of files, and of messages before compression": (
            round(sum(sizes) / 1e6, 2), round(messages / 1e6, 2),
        ),
        "first visit at 1.6 Mb/s: something painted, usable, seconds": (
            round(painted / 1e3, 2), round(usable, 2),
        ),
    }  # fmt: skip


def visit(browser: Browser, url: str) -> Explorer:
    """The page, opened in a context of its own."""
    made = Visit(browser.new_context(viewport={"width": 1280, "height": 720}).new_page())
    made.page.on("websocket", made.count_frames)
    return Explorer(made, url)


def begin_experiment(browser: Browser, url: str) -> None:
    """Another visitor starts the quick digits and watches them."""
    made = Visit(browser.new_context(viewport={"width": 1280, "height": 720}).new_page())
    lab = Networks(made, url)
    lab.predicts("runs of 40 epochs")
    lab.begin()
    lab.see_points()


def playing(page: Explorer) -> dict[str, object]:
    """Paints a second and websocket frames while the scene plays."""
    page.pause()
    page.press("Home")
    page.rest(1.5)
    frames = page.n_frames
    page.press("Space")
    page.until(lambda: page.step > 20)
    rate = page.evaluate(PAINTS, 2)
    sent = page.n_frames - frames
    page.pause()
    return {"paints a second while playing": round(rate), "frames while playing": sent}


def latency(page: Explorer, act: Callable[[], None]) -> dict[str, float]:
    """Milliseconds from each event to the redraw of every figure that shows it, or a newer one."""
    act()
    page.rest()
    page.evaluate("() => Object.assign(window.times, {waits: [], redraws: 0})")
    act()
    page.rest()
    waits = np.array(page.evaluate("() => window.times.waits"))
    if not len(waits):
        return {}
    return {
        "median": round(float(np.median(waits)), 1),
        "p95": round(float(np.quantile(waits, 0.95)), 1),
        "events": len(waits),
        "redraws": page.evaluate("() => window.times.redraws"),
    }


def drag(page: Explorer, point, rate: int, seconds: float = 2.0) -> None:
    """Drags from a point of the left figure along a small circle, so many moves a second."""
    x, y = page.place("left", point)
    mouse = page.page.mouse
    mouse.move(x, y)
    mouse.down()
    mouse.move(x + 12, y)
    for turn in np.linspace(0, 2 * np.pi, int(rate * seconds)):
        begun = time.perf_counter()
        mouse.move(x + 12 * np.cos(turn), y + 12 * np.sin(turn))
        page.page.wait_for_timeout(max(0.0, 1000 / rate - 1000 * (time.perf_counter() - begun)))
    mouse.move(x, y)
    mouse.up()


def slide(page: Explorer, rate: int, seconds: float = 2.0) -> None:
    """Moves the slider of Adam's rate by keys, so many a second, there and back."""
    slider = page.page.get_by_role("slider", name="Adam rate")
    slider.focus()
    for i in range(int(rate * seconds)):
        begun = time.perf_counter()
        page.press("ArrowRight" if i % 2 else "ArrowLeft")
        page.page.wait_for_timeout(max(0.0, 1000 / rate - 1000 * (time.perf_counter() - begun)))


if __name__ == "__main__":
    take_none(__doc__)
    main()
