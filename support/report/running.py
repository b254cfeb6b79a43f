"""What lies in a run's folder until its verdict is sealed, so that nobody reads an older one.

The same three files hold the decision later: the page, its text, and `verdict.json`.
"""

from __future__ import annotations

import json
from html import escape
from importlib.resources import files
from pathlib import Path

from support.report.files import write_whole
from support.report.formatting import moment

RUNNING = "RUNNING"
ENDED = "INCONCLUSIVE"

_PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>{word}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>{style}</style></head>
<body><main><header class="inconclusive"><h1>{word}</h1><p>{reason}</p></header></main></body>
</html>
"""


def mark_running(folder: Path, started: float) -> None:
    """Say that this run is under way since `started` (Unix seconds). Raises `OSError`."""
    reason = (
        f"This run began on {moment(started)} and has no verdict yet. If it is not under way any"
        " more, it ended without one, and nothing is approved."
    )
    _mark(folder, RUNNING, reason)


def mark_without_verdict(folder: Path, reason: str) -> None:
    """Say that this run is over and has no verdict, and why. Raises `OSError`."""
    _mark(folder, ENDED, reason)


def _mark(folder: Path, word: str, reason: str) -> None:
    style = files("support.report").joinpath("decision_page.css").read_text("utf-8")
    page = _PAGE.format(word=word, style=style, reason=escape(reason))
    verdict = {"decision": word, "reasons": [reason]}
    write_whole(folder / "verdict.json", json.dumps(verdict, indent=1).encode() + b"\n")
    write_whole(folder / "decision.md", f"# {word}\n\n{reason}\n".encode())
    write_whole(folder / "decision.html", page.encode())
