"""Each command in the guides is run, and each piece of code in them does what it says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from support import cli
from support.config import Environment
from support.config.sources import setting_names
from support.reference.defects import catalogue

ROOT = Path(__file__).resolve().parents[2]
GUIDES = sorted((ROOT / "docs").glob("*.md"))
_BLOCK = re.compile(r"^ *```(?P<kind>[a-z ]+)\n(?P<text>.*?)^ *```$", re.MULTILINE | re.DOTALL)
COMMANDS = [
    (guide.stem, line.strip(), "fails" in block["kind"])
    for guide in GUIDES
    for block in _BLOCK.finditer(guide.read_text("utf-8"))
    if block["kind"].startswith("sh")
    for line in block["text"].strip().splitlines()
]


PAGES = [ROOT / "README.md", *GUIDES]
_MENTIONED = re.compile(r"^    ((?:make|greenlight|behave) .*?)(?: {2,}#.*)?$", re.MULTILINE)
MENTIONED = sorted({line for page in PAGES for line in _MENTIONED.findall(page.read_text("utf-8"))})


def run(command: str, reports: Path, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """The command as typed in that folder, with this Python's tools first."""
    tools = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["sh", "-c", command],
        cwd=folder,
        env=os.environ | {"PATH": tools, "GREENLIGHT_REPORTS": str(reports)},
        capture_output=True,
        text=True,
        timeout=240,
    )


def block(guide: str, kind: str) -> str:
    """The first block of that kind in a guide."""
    text = (ROOT / "docs" / f"{guide}.md").read_text("utf-8")
    return next(b["text"] for b in _BLOCK.finditer(text) if b["kind"] == kind)


@pytest.mark.parametrize(("guide", "command", "fails"), COMMANDS)
def test_a_command_of_a_guide_does_what_it_says(
    guide: str, command: str, fails: bool, tmp_path: Path
) -> None:
    done = run(command, tmp_path)
    assert (done.returncode != 0) is fails, done.stdout[-2000:] + done.stderr[-2000:]
    if command.startswith("behave"):
        ran = re.search(r"\b[1-9]\d* (scenarios? )?(passed|failed), ", done.stdout)
        assert ran, done.stdout[-2000:]


@pytest.mark.parametrize("command", MENTIONED)
def test_what_a_command_names_exists(command: str) -> None:
    """Of those that are not run here, such as a whole gate."""
    tool, first, *rest = command.split()
    tags = "\n".join(path.read_text("utf-8") for path in ROOT.glob("features/**/*.feature"))
    match tool:
        case "make":
            assert re.search(rf"^{first}:.*## ", (ROOT / "Makefile").read_text("utf-8"), re.M)
        case "greenlight":
            assert first in cli.main.commands
        case _:
            assert re.search(rf"{first.removeprefix('--tags=')}\b", tags)
    for name in re.findall(r"(?:defect[= ]|DEFECT=)([\w-]+)", " ".join(rest)):
        assert name in {defect.name for defect in catalogue()}


def test_every_setting_of_the_sample_exists() -> None:
    sample = tomllib.loads(block("your-deployment", "toml"))
    names = {
        f"{table}.{name}" if isinstance(value, dict) else table
        for table, value in sample.items()
        for name in (value if isinstance(value, dict) else [""])
    }
    assert len(names) > 30
    assert names <= set(setting_names(Environment))


def test_the_scenario_of_the_guide_passes(tmp_path: Path) -> None:
    for name in ("environment.py", "pyproject.toml", "steps", "support"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "features").mkdir()
    (tmp_path / "features" / "sample.feature").write_text(block("add-a-scenario", "gherkin"))
    done = run("behave -D html=false", tmp_path / "reports", folder=tmp_path)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert "1 scenario passed" in done.stdout


@pytest.mark.parametrize(
    ("guide", "shown"),
    [
        (
            "add-a-criterion",
            "from support.approval.criterion import REGISTERED; print(REGISTERED['sign_ins'])",
        ),
        (
            "add-a-defect",
            "from support.reference.defects import catalogue;"
            " print([d.name for d in catalogue() if d.name == 'always-degraded'][0])",
        ),
    ],
)
def test_the_code_of_a_guide_is_registered(guide: str, shown: str, tmp_path: Path) -> None:
    script = tmp_path / "sample.py"
    script.write_text(block(guide, "python") + "\n" + shown + "\n", "utf-8")
    done = run(f"PYTHONPATH=. python {script}", tmp_path)
    assert done.returncode == 0, done.stderr
    assert re.search(r"sign_ins|always-degraded", done.stdout)
