"""Load runs that have no verdict yet: continued, or looked at as far as they have come."""

from __future__ import annotations

from pathlib import Path

from support.approval import JOURNAL
from support.checks.load import load_held
from support.journal import History, JournalError, read_journal
from support.load.cluster import LoadRefused
from support.load.resume import Unfinished, unfinished
from support.measures.load import loads
from support.report.formatting import mask
from support.report.load import plan_line, reached_line, summary_lines

STATUS = {"passed": 0, "failed": 1, "unknown": 3}


def resumable(folder: Path) -> Unfinished:
    """The load run of that folder, for another to go on with. Raises `LoadRefused`."""
    return unfinished(folder.resolve().name, _history(folder))


def print_figures(folder: Path) -> int:
    """What a load run has seen so far, under way or not; the exit status says what it shows.

    Raises `LoadRefused` for a folder that holds no load run.
    """
    history = _history(folder)
    found = loads(history)
    if not found:
        raise LoadRefused(f"{folder} holds no load run")
    finding = load_held()(history)
    for load in found:
        print(plan_line(load.began.plan, folder.resolve().name))
        print("\n".join(summary_lines(load)[:-1]))
        print(reached_line(load))
    print(mask(f"The load was {_SAID[finding.state]}: {finding.summary}."))
    return STATUS[finding.state]


_SAID = {"passed": "held", "failed": "not held", "unknown": "not shown to be held"}


def _history(folder: Path) -> History:
    path = folder / JOURNAL
    path = path if path.exists() else path.with_name(f"{JOURNAL}.gz")
    try:
        return History(list(read_journal(path)))
    except JournalError as error:
        raise LoadRefused(mask(str(error))) from error
