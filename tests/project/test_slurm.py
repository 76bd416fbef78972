"""The scripts of docs/slurm.md, carried out by a stand-in for SLURM's `sbatch`."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("torch")

from egop.experiments import load, run

ROOT = Path(__file__).resolve().parents[2]
SBATCH = """#!/bin/bash
# runs a script at once, for each task of its array; prints the number of the job
set -eu
script=${!#}
tasks=$(sed -n 's/^#SBATCH --array=0-//p' "$script")
for task in $(seq 0 "${tasks:-0}"); do
    SLURM_ARRAY_TASK_ID=$task SLURM_CPUS_PER_TASK=1 bash "$script" > /dev/null 2>> errors
done
echo 7
"""


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not here")
def test_the_scripts_run_a_sweep_in_parts_and_merge_it(tmp_path):
    part, merge, submit = re.findall(
        r"```bash\n(.*?)```", (ROOT / "docs/slurm.md").read_text(), re.S
    )
    smaller = {
        "digits --": "two_dimensions --epochs 4 --",
        "0-4": "0-1",
        "10 ": "2 ",
        "A + 10": "A + 2",
    }
    for words, fewer in smaller.items():
        assert words in part
        part = part.replace(words, fewer)
    run("two_dimensions", trials=1, epochs=4, rates=[30.0], out=tmp_path / "first")
    (first,) = (tmp_path / "first").iterdir()
    submit = re.sub(r"RATES=\S+", f"RATES={first}", submit.replace("egop data fetch digits\n", ""))
    (tmp_path / "bin").mkdir()
    for name, text in {
        "part.sh": part,
        "merge.sh": merge,
        "bin/sbatch": SBATCH,
        "bin/egop": f'#!/bin/bash\nexec {sys.executable} -m egop "$@"\n',
    }.items():
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    paths = {"PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    options = {"cwd": tmp_path, "env": os.environ | paths}
    subprocess.run(["bash", "-euc", submit], check=True, **options)
    (merged,) = (tmp_path / "runs").iterdir()
    assert load(merged).equals(run("two_dimensions", trials=4, epochs=4, rates=[30.0], out=None))
    again = "SLURM_ARRAY_TASK_ID=0 SLURM_CPUS_PER_TASK=1 SWEEP=sweeps/digits bash part.sh"
    done = subprocess.run(
        ["bash", "-c", again], check=True, capture_output=True, text=True, **options
    )
    assert ": finished; trials 0–1; " in done.stdout
    assert "0-2/two_dimensions-" in done.stdout  # it is resumed, and finished
