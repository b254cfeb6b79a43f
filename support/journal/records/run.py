"""The run itself: what is under test, its scenarios, its figures, and mistakes of the suite."""

from __future__ import annotations

from support.journal.records.record import Record


class Opened(Record, tag="opened", frozen=True):
    """The first record: what is under test, and what `t` = 0 was in Unix seconds.

    `run_budget_s`: how long a run was given to end; 0 where an older journal does not say.
    """

    wall: float
    target: str
    environment: str
    dialect: str
    run_budget_s: float = 0.0


class DeploymentBuild(Record, tag="target_build", frozen=True):
    """What the deployment says it is, at the `start` or the `end` of the run.

    `version` is empty where it could not be read; `told` is false where the dialect names no place
    to read it from.
    """

    version: str
    moment: str = "start"
    target: str = ""
    told: bool = True


class ScenarioStarted(Record, tag="scenario_started", frozen=True):
    """A scenario begins. `under_load`: its figures do not describe normal service.

    `scenario_id` is the one that its outcome has, too.
    """

    name: str
    category: str
    scenario_id: str = ""
    tags: tuple[str, ...] = ()
    under_load: bool = False


#: How a scenario ended that the end of the run has hit: it is not assessed.
CUT_SHORT = "cut_short"


class StepEnded(Record, tag="step", frozen=True):
    """A step of the scenario was carried out; `status` is behave's word for how it ended.

    `not_assessed`: why nobody can say whether what it claims is true; empty where it was checked.
    """

    text: str
    status: str
    took_ms: float
    not_assessed: str = ""


class ScenarioEnded(Record, tag="scenario_ended", frozen=True):
    """A scenario is over, its people gone. `status` is behave's word for it, or `CUT_SHORT`."""

    status: str


class ScenarioResult(Record, tag="scenario_result", frozen=True):
    """How a scenario ended when all was over, hooks and clean-ups too (`passed`, `failed`, …)."""

    scenario_id: str
    result: str


class LeftOut(Record, tag="left_out", frozen=True):
    """Safe mode did not do something: `what` is a kind of action, or a setting that was too large.

    In a scenario: it was skipped for that reason.
    """

    what: str
    why: str


class Sample(Record, tag="sample", frozen=True):
    """A measured value: `target_memory_bytes`, `loop_lag_ms`, …

    `service` tells several bundled services of one run apart: each has a memory of its own.
    """

    name: str
    value: float
    service: int = 0


class HarnessError(Record, tag="harness_error", frozen=True):
    """The suite itself went wrong; nothing may be approved on such a journal."""

    what: str


RunRecord = (
    Opened
    | DeploymentBuild
    | ScenarioStarted
    | StepEnded
    | ScenarioEnded
    | ScenarioResult
    | LeftOut
    | Sample
    | HarnessError
)
