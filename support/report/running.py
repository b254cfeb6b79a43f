"""What lies in a run's folder until its verdict is sealed, so that nobody reads an older one.

The same three files hold the decision later: the page, its text, and `verdict.json`.
"""

from __future__ import annotations

import json
from pathlib import Path

from support.report.files import write_whole
from support.report.formatting import moment
from support.report.render import running_html

RUNNING = "RUNNING"
ENDED = "INCONCLUSIVE"


def mark_running(folder: Path, started: float) -> None:
    """Say that this run is under way since `started` (Unix seconds). Raises `OSError`."""
    reason = (
        f"This run began on {moment(started)} and has no verdict yet. If it is no longer"
        " in progress, it ended without one, and nothing is approved."
    )
    _mark(folder, RUNNING, reason)


def mark_without_verdict(folder: Path, reason: str) -> None:
    """Say that this run is over and has no verdict, and why. Raises `OSError`."""
    _mark(folder, ENDED, reason)


def _mark(folder: Path, word: str, reason: str) -> None:
    verdict = {"decision": word, "reasons": [reason]}
    write_whole(folder / "verdict.json", json.dumps(verdict, indent=1).encode() + b"\n")
    write_whole(folder / "decision.md", f"# {word}\n\n{reason}\n".encode())
    write_whole(folder / "decision.html", running_html(word, reason).encode())
