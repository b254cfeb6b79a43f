"""What a load run is to do, and the limits that it has to keep. Pure data: see `support.load`."""

from __future__ import annotations

import msgspec

MOST_USERS = 20_000
MOST_DURATION_S = 7 * 24 * 3600.0
MOST_RATE = 100_000.0
#: Records of a load, however long: of the intervals of each worker, and of the progress of all.
MOST_INTERVALS = 1_440
MOST_PROGRESS = 86_400


class PlanError(ValueError):
    """The plan cannot be carried out; the message says what to change."""


class Limits(msgspec.Struct, kw_only=True, frozen=True):
    """What the deployment must keep, and what the load generator itself must.

    `success` is the least share of questions answered rightly, `connected` of users connected;
    `p95_ms` the longest response time of 95 in 100 (0: not limited). `rate` is the least share of
    the planned rate. The generator's: `late_ms` 95 in 100 of its sends, `lag_ms` the usual worst
    delay of its event loop within a second, `cpu` its share of one core.
    """

    success: float = 0.99
    connected: float = 1.0
    p95_ms: float = 0.0
    rate: float = 0.95
    late_ms: float = 100.0
    lag_ms: float = 250.0
    cpu: float = 0.95


class LoadPlan(msgspec.Struct, kw_only=True, frozen=True):
    """So many `users` for so long, after they have come within `ramp_s`.

    With a `rate_per_s` the model is open: questions are due by the clock, whatever the answers do.
    Without one it is closed: each user thinks for about `think_s` after an answer. `steps` raise
    the load in as many equal stages. `drops` of all users lose their connection once, spread over
    the run or, with `storm`, all at the same moment, and resume. With `by_steps` it is the steps of
    a scenario that say what is done, and for how long. Of `duration_s`, an earlier run that was
    interrupted has carried out `done_s`.
    """

    users: int
    duration_s: float = 0.0
    rate_per_s: float = 0.0
    think_s: float = 1.0
    ramp_s: float = 0.0
    steps: int = 1
    drops: float = 0.0
    storm: bool = False
    by_steps: bool = False
    done_s: float = 0.0
    kind: str = "tool"
    workers: int = 1
    seed: int = 1
    limits: Limits = Limits()

    @property
    def open_model(self) -> bool:
        """True where questions are due by the clock."""
        return self.rate_per_s > 0

    @property
    def left_s(self) -> float:
        """How much of the duration is still to be carried out."""
        return self.duration_s - self.done_s

    @property
    def interval_s(self) -> float:
        """How often a worker reports what it has seen: an interruption loses no more than this."""
        return max(self.duration_s / MOST_INTERVALS, 10.0)

    @property
    def progress_s(self) -> float:
        """How often the progress of all workers is recorded."""
        return max(self.duration_s / MOST_PROGRESS, 1.0)

    def check(self) -> None:
        """Raise `PlanError` for what nobody can do, or nobody wants."""
        wrong = (
            (not 1 <= self.users <= MOST_USERS, f"--users: from 1 to {MOST_USERS:,}"),
            (
                not (self.duration_s > 0 or self.by_steps) or self.duration_s > MOST_DURATION_S,
                "--duration: more than 0, up to 7 days",
            ),
            (not 0 <= self.rate_per_s <= MOST_RATE, f"--rate: up to {MOST_RATE:,.0f} a second"),
            (not 0 <= self.think_s <= 3600, "--think: from 0 to 3600 seconds"),
            (not 0 <= self.ramp_s <= 3600, "--ramp: from 0 to 3600 seconds"),
            (not 1 <= self.steps <= 100, "--steps: from 1 to 100"),
            (not 0 <= self.drops <= 1, "--drop: a share from 0 to 1"),
            (not 0 < self.limits.success <= 1, "--success: a share, more than 0 and up to 1"),
            (not 1 <= self.workers <= 64, "--workers: from 1 to 64"),
            (self.workers > self.users, "--workers: no more than users"),
        )
        for is_wrong, text in wrong:
            if is_wrong:
                raise PlanError(text)

    def active(self, elapsed_s: float) -> float:
        """The share of the full load, so many seconds after the ramp."""
        if self.steps == 1:
            return 1.0
        step = min(int(elapsed_s / self.duration_s * self.steps), self.steps - 1)
        return (max(step, 0) + 1) / self.steps

    @property
    def planned_questions(self) -> float:
        """How many questions are due in the open model."""
        return self.rate_per_s * self.duration_s * (self.steps + 1) / (2 * self.steps)
