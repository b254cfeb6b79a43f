"""What the server needs that forks processes for the tests."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from shutil import copytree, ignore_patterns

from support.dialects.loading import dialect_path

ROOT = Path(__file__).resolve().parents[2]


def test_it_starts_where_the_usual_dialect_is_broken(tmp_path: Path) -> None:
    for name in ("support", "steps"):
        copytree(ROOT / name, tmp_path / name, ignore=ignore_patterns("node_modules"))
    tests = copytree(ROOT / "tests", tmp_path / "tests", ignore=lambda *_: {"suite", "matrix"})
    dialect = tmp_path / dialect_path("agent-chat-v1").resolve().relative_to(ROOT)
    dialect.write_text("format = 2\n", "utf-8")
    address = tmp_path / "sockets" / "socket"
    address.parent.mkdir()
    server = subprocess.run(
        [sys.executable, str(tests / "fork_server.py"), str(address)],
        cwd=tmp_path,
        input="",  # it ends at once
        capture_output=True,
        text=True,
        check=False,
    )
    assert (server.stdout, server.returncode) == ("ready\n", 0), server.stderr
