"""Installs the wheel as a stranger would, and looks whether it works: a new environment, no pins.

    python -m tests.project.fresh_install python3.12 python3.13

For each interpreter: the newest allowed versions of `egop[app]`, a page served by `egop app` whose
document a websocket brings, `egop.explore()`, and the types that mypy and pyright see. Takes a few
minutes each and asks the package index, so it is no test of the suite.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("panel", "bokeh", "panel-material-ui", "numba", "numpy")

VERSIONS = """
import platform, sys
from importlib.metadata import version
found = ", ".join(f"{name} {version(name)}" for name in sys.argv[1:])
print(f"Python {platform.python_version()}, {found}")
"""
PAGE = """
import sys
from urllib.request import urlopen
from bokeh.client import pull_session
import egop.page.main  # the classes of its document
url = sys.argv[1]
html = urlopen(url, timeout=120).read().decode()
assert "EGOP explorer" in html
document = pull_session(url=url).document
print(f"page: {len(html)} bytes of HTML, a document of {len(list(document.models))} models")
"""
EXPLORE = """
import egop
objective = egop.objectives.from_expression("(x-1)^2 + 9*(x+y)^2")
explorer = egop.explore(objective, egop.distributions.Gaussian(dim=2, scale=2.0), n_steps=50)
assert explorer.view.get_root() is not None
print("explore:", type(explorer).__name__, explorer.scene.n_steps, "steps")
"""
TYPED = """
import egop
method = egop.methods.adam(learning_rate=0.1)
objective = egop.objectives.quadratic()
reveal_type(egop.run(objective, method, [1.0, 1.0]))
reveal_type(egop.estimate_eigenbasis(objective, egop.distributions.Gaussian(dim=2)))
"""
SEEN = ("egop.trajectory.Trajectory", "egop.eigenbasis.Eigenbasis")


def main() -> None:
    """Goes through the interpreters that are named."""
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
        subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
        (wheel,) = folder.glob("*.whl")
        for interpreter in sys.argv[1:] or [sys.executable]:
            check(interpreter, wheel, folder / Path(interpreter).name)


def check(interpreter: str, wheel: Path, folder: Path) -> None:
    """Installs the wheel in a new environment and prints what works there."""
    subprocess.run([interpreter, "-m", "venv", folder], check=True)
    python = str(folder / "bin/python")
    run(python, "-m", "pip", "install", "-q", f"{wheel}[app]")
    print("\n" + run(python, "-c", VERSIONS, *PACKAGES))
    size = sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file())
    print(f"size: {size / 1e6:.0f} MB")
    print(run(python, "-c", EXPLORE))
    with served(python, folder) as url:
        print(run(python, "-c", PAGE, url))
    print(types(python, folder))


def run(*command: str) -> str:
    """The output of a command, far from the sources."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        command, cwd="/", env=environment, check=False, capture_output=True, text=True
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(command)[:200]} failed:\n{done.stdout}{done.stderr}")
    return done.stdout.strip()


@contextmanager
def served(python: str, folder: Path) -> Iterator[str]:
    """A context in which `egop app` serves the page; its address."""
    command = [python, "-P", "-m", "egop", "app", "--port", "0"]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = next(line for line in process.stdout if line.startswith("The app is at "))
        try:
            yield line.split()[4]
        finally:
            process.terminate()
            process.communicate()


def types(python: str, folder: Path) -> str:
    """Messages of mypy and pyright about values from the installed package."""
    run(python, "-m", "pip", "install", "-q", "mypy", "pyright[nodejs]")
    source = folder / "typed.py"
    source.write_text(TYPED)
    said = {
        "mypy": run(python, "-m", "mypy", "--cache-dir", str(folder / "mypy"), str(source)),
        "pyright": run(python, "-m", "pyright", "--pythonpath", python, str(source)),
    }
    for tool, text in said.items():
        for name in SEEN:
            assert name.split(".")[-1] in text, f"{tool} does not see {name}:\n{text}"
    return "types: seen by mypy and pyright"


if __name__ == "__main__":
    main()
