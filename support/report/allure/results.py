"""A directory of Allure results: compared with what behave says, and cleaned."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from support.approval.model import Outcome
from support.report.labels import ID_LABEL

#: What Allure writes, and what the run level adds to it: all that `clean` may remove.
_OURS = (
    "*-result.json",
    "*-container.json",
    "*-globals.json",
    "*-attachment*",
    "*.json.tmp",
    "environment.properties",
    "executor.json",
    "categories.json",
)
#: Statuses that mean the same.
_KIN = {
    "passed": "passed",
    "failed": "failed",
    "broken": "failed",
    "skipped": "not run",
    "not_run": "not run",
    "unknown": "not run",
}


class ResultsFolderError(Exception):
    """The results directory cannot be used; the message says why."""


def clean(results_dir: Path) -> None:
    """Make an empty results directory, removing the results of an earlier run.

    Allure merges whatever it finds, so a stale result would count in the next report. Raises
    `ResultsFolderError` when the folder holds anything else, or cannot be written.
    """
    try:
        results_dir.mkdir(parents=True, exist_ok=True)
        stale = {path for pattern in _OURS for path in results_dir.glob(pattern)}
        foreign = [p for p in results_dir.iterdir() if p not in stale and p.name[0] != "."]
        if foreign:
            raise ResultsFolderError(
                f"{results_dir} holds files that are no Allure results, such as "
                f"{min(p.name for p in foreign)}. Choose another folder for the results."
            )
        for path in stale:
            path.unlink()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ResultsFolderError(f"{results_dir} cannot be used for results: {reason}.") from error


def disagreements(outcomes: Sequence[Outcome], results_dir: Path) -> list[str]:
    """Every difference between behave's outcomes and Allure's results, as plain sentences.

    None when each selected outcome has exactly one result of the same kind and there is no other.
    """
    named: dict[str, list[str]] = defaultdict(list)
    held: dict[str, list[str]] = defaultdict(list)
    for result in _results(results_dir):
        held[_id(result)].append(str(result.get("status") or "unknown"))
        named[_id(result)].append(str(result.get("name") or "a result without a name"))
    found = []
    expected = {outcome.id: outcome for outcome in outcomes if outcome.selected}
    for identity, outcome in expected.items():
        statuses = held.pop(identity, [])
        who = f"“{outcome.name}” ({outcome.path}:{outcome.line})"
        if len(statuses) != 1:
            number = f"{len(statuses)} results" if statuses else "no result"
            found.append(f"{who} has {number} in the report instead of one.")
        elif _KIN.get(statuses[0]) != _KIN[outcome.status]:
            ours = outcome.status.replace("_", " ")
            found.append(f"{who} is {statuses[0]} in the report, but {ours} when it was run.")
    for identity in held:
        for name in named[identity]:
            found.append(f"The report holds “{name}”, which nobody expected there.")
    return found


def _results(results_dir: Path) -> Iterator[dict[str, Any]]:
    for path in sorted(results_dir.glob("*-result.json")):
        try:
            yield msgspec.json.decode(path.read_bytes(), type=dict[str, Any])
        except (OSError, msgspec.MsgspecError):
            yield {"name": f"the unreadable file {path.name}", "status": "unknown"}


def _id(result: dict[str, Any]) -> str:
    labels = result.get("labels") or []
    ours = (label.get("value") for label in labels if label.get("name") == ID_LABEL)
    return str(next(ours, None) or "")
