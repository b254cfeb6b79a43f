"""The worked example of the guide to dialects runs as it is written."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from test_guides import ROOT, block, run

GUIDE = "dialects"


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder with the files of the guide, and the agent that they are about."""
    for name in ("environment.py", "features", "pyproject.toml", "steps", "support"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "agent.py").write_text(block(GUIDE, "python agent"), "utf-8")
    with subprocess.Popen(
        [sys.executable, "agent.py", "0"], cwd=tmp_path, stdout=subprocess.PIPE, text=True
    ) as agent:
        assert agent.stdout is not None
        address = agent.stdout.readline().strip()
        environment = block(GUIDE, "toml environment")
        assert "ws://127.0.0.1:8765" in environment
        environment = environment.replace("ws://127.0.0.1:8765", address)
        (tmp_path / "agent-env.toml").write_text(environment, "utf-8")
        try:
            yield tmp_path
        finally:
            agent.kill()


def commands(kind: str) -> list[tuple[str, list[str]]]:
    """Each command of a block, and the lines that its output holds."""
    found: list[tuple[str, list[str]]] = []
    for line in block(GUIDE, kind).splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        else:
            found[-1][1].append(line)
    return found


def test_from_new_to_the_first_scenarios(folder: Path) -> None:
    reports = folder / "reports"
    (new, said), (first, _) = commands("console new")
    done = run(new, reports, folder)
    assert done.stdout.splitlines() == said, done.stderr
    done = run(first, reports, folder)
    assert done.returncode == 1, done.stdout
    assert "the question was never accepted" in done.stdout

    (folder / "agent.toml").write_text(block(GUIDE, "toml dialect"), "utf-8")
    for command, lines in commands("console try"):
        done = run(command, reports, folder)
        assert done.returncode == 0, done.stdout + done.stderr
        for line in lines:
            assert line in done.stdout.splitlines()
        assert "NO RULE" not in done.stdout
        assert "forgets what it was asked" in done.stdout

    for command, _ in commands("console scenarios"):
        done = run(command, reports, folder)
        assert done.returncode == 0, done.stdout[-3000:]
        assert re.search(r"2 scenarios passed, 0 failed", done.stdout)
