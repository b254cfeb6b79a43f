"""The end of a run in a terminal: the verdict, why, what to do, where the report is."""

from __future__ import annotations

import sys
from typing import TextIO

from rich.console import Console
from rich.text import Text

from support.approval.model import Decision
from support.report.render import for_terminal, terminal_text
from support.report.view import RunView

_STYLE: dict[Decision, str] = {
    "APPROVED": "bold white on green",
    "REJECTED": "bold white on red",
    "INCONCLUSIVE": "bold black on yellow",
    "NO DECISION": "bold reverse",
}


def summary(
    view: RunView,
    *,
    evidence_path: str | None = None,
    file: TextIO | None = None,
) -> None:
    """Print the decision in about 25 lines at most, to `file` (standard output).

    Colours only on a terminal and without `NO_COLOR`; elsewhere plain text, not wrapped.
    """
    out = file or sys.stdout
    console = Console(
        file=out, force_terminal=out.isatty(), highlight=False, markup=False, emoji=False
    )
    decision = f" {view.shape} {view.heading} "
    for line in terminal_text(view, evidence_path).splitlines():
        text = Text(line.removeprefix("#"), style="bold" if line.startswith("#") else "")
        if line.startswith(decision):
            text.stylize(_STYLE[view.verdict.decision], 0, len(decision))
        console.print(_encodable(text, out), soft_wrap=not console.is_terminal)
    out.flush()  # making the report takes a few seconds more


def report_line(report_path: str | None, file: TextIO | None = None) -> None:
    """Print where the report is, the last line of a run."""
    out = file or sys.stdout
    text = Text(f"Report    {for_terminal(report_path or 'none was made')}")
    print(_encodable(text, out).plain, file=out)


def _encodable(line: Text, out: TextIO) -> Text:
    """A terminal without UTF-8 gets the text without the shapes."""
    encoding = out.encoding or "utf-8"
    plain = line.plain.encode(encoding, "replace").decode(encoding)
    return line if plain == line.plain else Text(plain)
