"""A crowd of users in a scenario: carried by the load engine, recorded in the run's journal."""

from __future__ import annotations

from support.config import LeftOut
from support.load.cluster import LoadRefused
from support.load.crowd import Crowd
from support.load.plan import LoadPlan
from support.run.session import Session

START_S = 60.0
USERS_A_WORKER = 500


def put_load(session: Session, users: int, duration_s: float, *, storm: bool = False) -> None:
    """`users` chat for so long; with `storm` all lose their connection once, and resume.

    Raises `LeftOut`, which skips the scenario, for a load that cannot be begun here.
    """
    plan = LoadPlan(
        users=users,
        duration_s=duration_s,
        think_s=2.0,
        ramp_s=1.0,
        drops=1.0 if storm else 0.0,
        storm=storm,
        workers=-(-users // USERS_A_WORKER),
    )
    crowd = Crowd(
        plan, session.deployment, session.under_test.sign_in, session.journal, session.run_dir
    )
    budget_s = session.environment.patience.run_budget_s
    try:
        session.loop.run(crowd.run(), START_S + plan.ramp_s + duration_s + 2 * budget_s)
    except LoadRefused as refused:
        raise LeftOut(str(refused)) from refused
