"""Outputs of a notebook's cell are freed when the cell is run again or deleted."""

import json
import os
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from jupyter_client.manager import start_new_kernel

from tests.conftest import ROOT

COUNT = """
import gc, json
import panel as pn
gc.collect()
alive = [type(each).__name__ for each in gc.get_objects() if type(each).__name__ == "NAME"]
print(json.dumps([len(alive), len(pn.state._views), len(pn.state._comm_manager._comms)]))
"""
EXPLORER = "__import__('egop').explore(n_steps=30)"
DELETE = """
import panel as pn
pn.extension._process_comm_msg({"event_type": "delete", "id": list(pn.state._views)[-1]})
"""
"""The message of JupyterLab to Panel when a cell is deleted or its output cleared."""
Run = Callable[..., list[dict[str, Any]]]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Runs the code of a cell in a kernel, as JupyterLab does; returns its messages."""
    folders = {"PYTHONPATH": str(ROOT), "EGOP_RUNS": str(tmp_path_factory.mktemp("runs"))}
    manager, client = start_new_kernel(kernel_name="python3", env={**os.environ, **folders})

    def run_cell(code: str, cell: str = "") -> list[dict[str, Any]]:
        content = {"code": code, "silent": False, "store_history": True, "user_expressions": {}}
        message = client.session.msg("execute_request", content)
        message["metadata"] = {"cellId": cell} if cell else {}
        client.shell_channel.send(message)
        found = []
        while True:
            heard = client.get_iopub_msg(timeout=120)
            if heard["parent_header"].get("msg_id") != message["header"]["msg_id"]:
                continue
            assert heard["msg_type"] != "error", heard["content"]["traceback"]
            found.append(heard)
            if heard["content"].get("execution_state") == "idle":
                client.get_shell_msg(timeout=120)
                return found

    yield run_cell
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def printed(messages: list[dict[str, Any]]) -> Any:
    text = "".join(m["content"]["text"] for m in messages if m["msg_type"] == "stream")
    return json.loads(text)


SHOWS = {"Explorer": EXPLORER, "Lab": "import egop.lab\negop.lab.Lab()"}


def left(run: Run, kind: str, most: int = 1000) -> list[int]:
    """Objects of a kind, displays and channels in the kernel, once there are only so many."""
    for _ in range(40):
        found = printed(run(COUNT.replace("NAME", kind)))
        if found[0] <= most:
            break
        time.sleep(0.25)  # what is to be done in a moment holds its page
    return found


@pytest.mark.parametrize(("kind", "times"), [("Explorer", 20), ("Lab", 5)])
def test_of_a_cell_that_is_run_again_only_the_last_result_lives(run: Run, kind: str, times: int):
    run(SHOWS[kind], kind)
    _, displays, channels = left(run, kind, 1)
    for _ in range(times):
        run(SHOWS[kind], kind)
    assert left(run, kind, 1) == [1, displays, channels]


def test_what_another_cell_or_a_variable_holds_stays(run: Run):
    before = left(run, "Explorer")[0]
    run(EXPLORER, "another")
    run(f"kept = {EXPLORER}\nkept", "of a variable")
    run("first = kept\nNone", "in between")
    run(f"kept = {EXPLORER}\nkept", "of a variable")
    assert left(run, "Explorer", before + 3)[0] == before + 3


def test_a_cell_that_is_deleted_leaves_nothing(run: Run):
    alive, displays, channels = left(run, "Explorer")
    run(EXPLORER, "deleted")
    run(DELETE)
    assert left(run, "Explorer", alive) == [alive, displays, channels]
