"""The shapes approval works on: outcomes and policy in, a verdict out. Plain data."""

from __future__ import annotations

from typing import Literal

import msgspec

from support.checks.finding import Cause
from support.config.environment import REFERENCE_NAME

Decision = Literal["APPROVED", "REJECTED", "INCONCLUSIVE", "NO DECISION"]
State = Literal["pass", "fail", "no_evidence", "invalid", "waived"]
Status = Literal["passed", "failed", "broken", "skipped", "not_run"]

#: The reason of a scenario that never began, where nothing is known but that the run has ended.
BEFORE_ITS_TURN = "This scenario never ran: the run ended before its turn."

#: What a problem is about; the worse comes first.
Severity = Literal["isolation", "security", "loss", "order", "latency"]


#: The rows about the suite's own client.
OWN_CLIENT = frozenset({"I1", "I2", "I3", "I4", "I5"})


class Outcome(msgspec.Struct, kw_only=True, frozen=True):
    """How one scenario ended, by behave's own model.

    `status`: `broken` is any end that is neither a pass nor a failed expectation (error, undefined,
    pending, hook or clean-up error); `not_run` was selected and never ran; `skipped` was left out
    on purpose. `duration_s` is wall time.

    `reason` is for people; `cause` says as a value why it did not pass (None: nobody knew, which
    counts against the deployment). `checks` are the names of the checks that did not pass, and
    `invariants` those of `INVARIANTS` that a scenario failed whose own steps had all held.
    `unknown`: none of them has failed, they could not say.
    """

    id: str
    feature: str
    name: str
    path: str
    line: int
    category: str
    rows: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    critical: bool = False
    selected: bool = True
    status: Status = "not_run"
    reason: str = ""
    duration_s: float = 0.0
    cause: Cause | None = None
    checks: tuple[str, ...] = ()
    invariants: tuple[str, ...] = ()
    unknown: bool = False

    @property
    def of_our_own(self) -> bool:
        """True when it is about the suite's own client: it proves the tool, not the deployment."""
        return bool(self.rows) and set(self.rows) <= OWN_CLIENT

    @property
    def failing(self) -> bool:
        """True when it counts against the deployment; an error in a step does, as a failure."""
        return self.status in ("failed", "broken") and not self.spoilt

    @property
    def spoilt(self) -> bool:
        """True when no check has failed: they could not say, and so nothing is known."""
        causes = ("harness", "environment", "too_few_samples")
        return self.status == "failed" and self.cause in causes


class ApprovedRun(msgspec.Struct, kw_only=True, frozen=True):
    """What is kept of a run that was approved, for later ones to be compared with.

    `figures` are by the names of `support/approval/baseline.py`; `finished` is Unix seconds;
    `machine` is what kind of machine the suite ran on.
    """

    target: str
    environment: str
    build: str
    finished: float
    figures: dict[str, float]
    machine: str = ""


class PreviousRun(msgspec.Struct, kw_only=True, frozen=True):
    """How the scenarios of a deployment ended when a gate run last assessed them, by their ids.

    `build` and `finished`, Unix seconds, are those of the last of these runs.
    """

    target: str
    environment: str
    build: str
    finished: float
    failed: tuple[str, ...] = ()
    passed: tuple[str, ...] = ()


class CiJob(msgspec.Struct, kw_only=True, frozen=True):
    """The CI job that ran the suite: nothing of it is about the build under test.

    `commit` and `ref`, a branch or tag, are what the job was started for; empty: not known.
    """

    service: str
    url: str = ""
    commit: str = ""
    ref: str = ""


#: What a bundle could say it lacks before the names of known capabilities were kept in it.
FIRST_CAPABILITIES = ("resume",)


#: The command of a load run, as its outcomes record it.
LOAD_COMMAND = "greenlight load"


class Outcomes(msgspec.Struct, kw_only=True):
    """Everything about the run that is not in the journal.

    `disagreements` are differences between what was expected, what behave ran and what Allure
    holds; `harness_errors` are what went wrong in the suite itself; `journal_whole` is false when
    records could not be kept, and then nothing may be read out of the rest. `baseline` are the last
    approved runs of the same deployment and environment on such a `machine`. `capabilities` are
    what the deployment offers (None: not known) of the `known_capabilities`, which grow with the
    suite. `single_user`: the environment says that only one person will ever use it. Times are Unix
    seconds. `aborted` says why the run ended early; `curtailed` does where it could only be
    rejected, so that nothing was lost by it. `expected_build` is the build that was to be found,
    empty where nobody said. `run_id` is what a supervising process has called this run, empty
    without one. `run_by` started it, in the job `ci` (None: outside of CI). `previous` is how
    scenarios ended before, for people alone. `own_environment`: the environment file is not one of
    the suite's, or its name differs.
    """

    gate: bool
    environment: str
    target: str
    build: str
    started: float
    finished: float
    command: str
    scenarios: list[Outcome] = []
    disagreements: list[str] = []
    harness_errors: list[str] = []
    journal_whole: bool = True
    aborted: str = ""
    curtailed: str = ""
    run_id: str = ""
    versions: dict[str, str] = {}
    baseline: list[ApprovedRun] = []
    expected_build: str = ""
    machine: str = ""
    capabilities: tuple[str, ...] | None = None
    known_capabilities: tuple[str, ...] = FIRST_CAPABILITIES
    single_user: bool = False
    run_by: str = ""
    ci: CiJob | None = None
    previous: PreviousRun | None = None
    own_environment: bool = False

    @property
    def load_alone(self) -> bool:
        """True for a load run: it says nothing of all else that a gate asks for."""
        return self.command == LOAD_COMMAND

    def lacks(self, *names: str) -> bool:
        """True where the deployment offers not all of these; what the suite of that run did not
        know yet is nothing that the deployment lacked."""
        asked = set(names).intersection(self.known_capabilities)
        return self.capabilities is not None and not asked <= set(self.capabilities)

    @property
    def shared_identity(self) -> bool:
        """True where the deployment has one identity for all: isolation cannot be proven."""
        return self.lacks("own_identity")


class Problem(msgspec.Struct, kw_only=True, frozen=True):
    """One thing that is wrong. The same `key` in two criteria is the same thing seen twice.

    `text` is a plain sentence about the first of the `scenarios` that show it; `outcomes` are the
    ids of those that are known.
    """

    key: str
    severity: Severity
    text: str
    scenarios: int = 1
    outcomes: tuple[str, ...] = ()


#: How a cause compares with the run before.
Change = Literal["", "known", "newly failing"]


class RootCause(msgspec.Struct, kw_only=True, frozen=True):
    """Why something failed, as values: `code` is what kind of thing is wrong, `subject` with what.

    `scenarios` are the ids of the failed scenarios that it explains; `scenario` and `records` lead
    to an example of it: a scenario's id and the numbers of its records in the journal; `shown` has
    both for each of the `scenarios`. `change` is how it compares with the run before; empty: there
    is nothing to compare with.
    """

    code: str
    severity: Severity
    text: str
    subject: str = ""
    scenarios: tuple[str, ...] = ()
    scenario: str = ""
    records: tuple[int, ...] = ()
    shown: tuple[tuple[str, tuple[int, ...]], ...] = ()
    change: Change = ""


class Changes(msgspec.Struct, kw_only=True, frozen=True):
    """Ids of scenarios, compared with how they ended when they were last assessed.

    `newly_failing` passed then, `known` failed then as now, `fixed` failed then and passed now.
    `build` and `finished`, Unix seconds, are those of the run before.
    """

    build: str
    finished: float
    newly_failing: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    fixed: tuple[str, ...] = ()


AcceptedState = Literal[
    "accepted",
    "no longer fails",
    "expired",
    "never accepted",
    "not assessed",
    "not in this run",
    "ambiguous",
]


class AcceptedResult(msgspec.Struct, kw_only=True, frozen=True):
    """A known failure that the policy names, and what became of it: only `accepted` counts.

    `expires` is an ISO date, `failure` what was seen this time, for people.
    """

    scenario: str
    owner: str
    reason: str
    expires: str
    state: AcceptedState
    scenario_id: str = ""
    failure: str = ""


class CriterionResult(msgspec.Struct, kw_only=True, frozen=True):
    """One row of the table an approver reads. `reason` is a plain sentence; empty for a pass.

    `cause` says why it did not pass, `problems` what it has found, each once. `value` is what was
    measured and `bound` its limit, as numbers in `unit`; None where there is no such number.
    """

    name: str
    title: str
    state: State
    measured: str
    limit: str
    samples: int | None = None
    required: bool = True
    reason: str = ""
    details: tuple[str, ...] = ()
    cause: Cause | None = None
    problems: tuple[Problem, ...] = ()
    value: float | None = None
    bound: float | None = None
    unit: str = ""


class NotAssessed(msgspec.Struct, kw_only=True, frozen=True):
    """Something the run could say nothing about, and why."""

    what: str
    why: str


class Verdict(msgspec.Struct, kw_only=True, frozen=True):
    """The decision, its reasons (at most three, worst first), and everything it rests on.

    `figures` are the run's own, by the names of `support/approval/baseline.py`. `run_budget_s`: how
    long a run was given to end, 0 where the journal does not say. `causes` are all that were found,
    worst first, where the reasons are at most three; `remarks` say what went wrong when they were
    looked for. An approval is valid until `valid_until`, in Unix seconds. `accepted` are the known
    failures that the policy names. `left_behind` counts what could not be removed from the
    deployment; empty: nothing. `changes` compares with the run before, and decides nothing.
    `load_alone`: the run was a load, and approves no build.
    """

    decision: Decision
    reasons: tuple[str, ...]
    criteria: tuple[CriterionResult, ...]
    not_assessed: tuple[NotAssessed, ...]
    next_step: str
    environment: str
    target: str
    build: str
    started: float
    finished: float
    scenarios_passed: int = 0
    scenarios_selected: int = 0
    scenarios_assessed: int = 0
    machine: str = ""
    bundle_digest: str = ""
    figures: dict[str, float] = {}
    run_budget_s: float = 0.0
    valid_until: float = 0.0
    accepted: tuple[AcceptedResult, ...] = ()
    left_behind: str = ""
    run_by: str = ""
    ci: CiJob | None = None
    causes: tuple[RootCause, ...] = ()
    remarks: tuple[str, ...] = ()
    changes: Changes | None = None
    load_alone: bool = False

    @property
    def approved(self) -> bool:
        """True for APPROVED alone."""
        return self.decision == "APPROVED"

    @property
    def load_held(self) -> bool:
        """True for a load run that is APPROVED: whether to deploy is for a gate to say."""
        return self.approved and self.load_alone

    @property
    def deployable(self) -> bool:
        """True for a gate run that is APPROVED: the build may be deployed."""
        return self.approved and not self.load_alone

    @property
    def flaky(self) -> tuple[str, ...]:
        """The ids of scenarios that ended otherwise in the run before, of the same build; none for
        the bundled reference, whose defects do not change its build."""
        before = self.changes
        if before is None or before.build != self.build or self.target == REFERENCE_NAME:
            return ()
        return (*before.newly_failing, *before.fixed) if self.build else ()
