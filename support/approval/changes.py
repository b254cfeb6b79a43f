"""What failed before, what fails for the first time, what no longer fails: for people alone.

Beside the runs lies one line for each deployment and environment: how every scenario ended when a
gate run last assessed it. No decision depends on it: a known failure rejects like a new one.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable
from pathlib import Path

import msgspec

from support.approval.model import Change, Changes, Outcome, Outcomes, PreviousRun, RootCause

PREVIOUS = "previous.jsonl"
KEPT = 50  # deployments and environments


def previous_run(path: Path, deployment: str, environment: str) -> PreviousRun | None:
    """How scenarios ended before, there. None without a file, or without a line of it that can be
    read. Raises `OSError` for a file that cannot."""
    try:
        found = _lines(path)
    except FileNotFoundError:
        return None
    return next((p for p in found if (p.target, p.environment) == (deployment, environment)), None)


def remember_results(path: Path, outcomes: Outcomes) -> None:
    """Keep how the scenarios of a gate run ended; other runs are left out. Raises `OSError`."""
    failed, passed = _ended(outcomes.scenarios)
    if not outcomes.gate or not (failed or passed):
        return
    before = outcomes.previous
    if before is not None:  # what was not assessed now is as it was
        silent = {o.id for o in outcomes.scenarios} - failed - passed
        failed |= silent.intersection(before.failed)
        passed |= silent.intersection(before.passed)
    this = PreviousRun(
        target=outcomes.target,
        environment=outcomes.environment,
        build=outcomes.build,
        finished=outcomes.finished,
        failed=tuple(sorted(failed)),
        passed=tuple(sorted(passed)),
    )
    others = [p for p in _lines(path) if not _same(p, this)] if path.exists() else []
    temporary = path.with_name(f".{path.name}-{secrets.token_hex(4)}")
    kept = [*others[-(KEPT - 1) :], this]
    temporary.write_bytes(b"".join(msgspec.json.encode(p) + b"\n" for p in kept))
    os.replace(temporary, path)


def changes_of(outcomes: Outcomes) -> Changes | None:
    """This run against the one before; None where there is nothing to compare with."""
    before = outcomes.previous
    if before is None:
        return None
    failed, passed = _ended(outcomes.scenarios)
    in_order = [o.id for o in outcomes.scenarios]

    def listed(ids: set[str]) -> tuple[str, ...]:
        return tuple(i for i in in_order if i in ids)

    return Changes(
        build=before.build,
        finished=before.finished,
        newly_failing=listed(failed.intersection(before.passed)),
        known=listed(failed.intersection(before.failed)),
        fixed=listed(passed.intersection(before.failed)),
    )


def with_change(cause: RootCause, changes: Changes | None) -> RootCause:
    """The cause, `known` where a scenario that it explains failed before, `newly failing` where all
    of them passed."""
    change: Change = ""
    mine = set(cause.scenarios)
    if changes is not None and mine:
        if mine.intersection(changes.known):
            change = "known"
        elif mine.issubset(changes.newly_failing):
            change = "newly failing"
    return msgspec.structs.replace(cause, change=change)


def _ended(scenarios: Iterable[Outcome]) -> tuple[set[str], set[str]]:
    """The ids of those that failed and of those that passed."""
    chosen = [o for o in scenarios if o.selected]
    return {o.id for o in chosen if o.failing}, {o.id for o in chosen if o.status == "passed"}


def _same(one: PreviousRun, other: PreviousRun) -> bool:
    return (one.target, one.environment) == (other.target, other.environment)


def _lines(path: Path) -> list[PreviousRun]:
    """What can be read of it: nothing else depends on a line that cannot."""
    found = []
    for line in path.read_bytes().splitlines():
        try:
            found.append(msgspec.json.decode(line, type=PreviousRun))
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            continue
    return found
