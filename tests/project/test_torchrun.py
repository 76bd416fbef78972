"""The script of docs/torchrun.md, run by one process and by two."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("torch")

ROOT = Path(__file__).resolve().parents[2]
WITHOUT_FINALIZING = "import sys\nsys.stdout.flush()\nos._exit(0)\n"
"""The end of a script whose work is done. Threads of gloo that outlive `destroy_process_group`
beside DistributedDataParallel may abort Python's own end, without egop too (torch 2.13)."""


def test_the_script_trains_alike_in_one_process_and_in_two(tmp_path):
    page = (ROOT / "docs/torchrun.md").read_text()
    (script,) = re.findall(r"```python\n(.*?)```", page, re.S)
    (tmp_path / "train.py").write_text(script + WITHOUT_FINALIZING)
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    losses = []
    for count in ("1", "2"):
        command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
        command += ["--nproc-per-node", count, str(tmp_path / "train.py")]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert "FutureWarning" not in done.stderr
        losses.append(float(re.search(r"^loss ([\d.]+)$", done.stdout, re.M)[1]))
    assert losses == pytest.approx([float(re.search(r"prints `loss ([\d.]+)`", page)[1])] * 2, 0.05)
