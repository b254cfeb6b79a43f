"""A load that was interrupted, or whose process died: what it has seen, and what is left."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from support.journal import History, records
from support.journal.load_plan import LoadPlan
from support.load.cluster import LoadRefused
from support.load.versions import versions
from support.measures.load import PARTS, LoadFigures, loads


@dataclass(frozen=True)
class Unfinished:
    """A run that another may go on with; `deployment` is all by which to know what it loaded."""

    run: str
    load: LoadFigures
    deployment: tuple[str, ...]

    @property
    def rest(self) -> LoadPlan:
        """What is left of its plan."""
        return msgspec.structs.replace(self.load.began.plan, done_s=self.load.worked_s)

    @property
    def seen(self) -> list[records.LoadEarlier]:
        """What it has seen, and what was seen by the runs before that it went on with."""
        parts, upto_s = self.load.parts(PARTS), self.load.worked_s
        return [
            records.LoadEarlier(
                t=0.0,
                run=self.run,
                worked_s=upto_s * (number + 1) / PARTS,
                report=part,
            )
            for number, part in enumerate(parts)
        ]

    def ensure_same(self, history: History) -> None:
        """Raise `LoadRefused` where `history` is of another deployment, or of another build."""
        found = _deployment(history)
        if found != self.deployment:
            was, now = " ".join(self.deployment), " ".join(found)
            raise LoadRefused(f"{self.run} loaded another deployment or build: {was}, not {now}")


def unfinished(run: str, history: History) -> Unfinished:
    """The load of that run, for another to go on with. Raises `LoadRefused` with the reason."""
    load = next(reversed(loads(history)), None)
    reason = not_resumable(load)
    if load is None or reason:
        raise LoadRefused(f"{run} cannot be resumed: {reason}")
    return Unfinished(run, load, _deployment(history))


def not_resumable(load: LoadFigures | None) -> str:
    """Why no run can go on with that load; empty where one can."""
    if load is None or load.began.plan.by_steps:
        return "it is no run of greenlight load"
    plan, total = load.began.plan, load.total
    if load.violated:
        return f"it is rejected already, with {load.violated:,} violations"
    if not load.worked_s:
        return "it ended before every worker had reported what it saw"
    if load.worked_s >= plan.duration_s:
        return "all of its time is over"
    if total.connected < plan.limits.connected * plan.users:
        return f"only {total.connected:,} of {plan.users:,} users were connected"
    if load.began.versions != versions():
        return "it was carried out with other versions of the packages"
    return ""


def _deployment(history: History) -> tuple[str, ...]:
    """Target, environment, dialect and build, as its journal says first."""
    found: list[str] = []
    for record in history.records:
        if isinstance(record, records.Opened):
            found += [record.target, record.environment, record.dialect]
        elif isinstance(record, records.DeploymentBuild):
            return (*found, record.version)
    return tuple(found)
