"""The regressions that have happened before, each by name: is it back? (row O6)

A scenario guards one by the tag `@regression.<name>`. Two of them are criteria as well: what a
criterion has seen anywhere in the run counts, whatever the guards say. A guard whose own steps held
and that failed only for what must hold in every scenario shows nothing about its regression, unless
that is the same thing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from support.approval.model import Outcome, Verdict

TAG = "regression."

#: Name → what holds unless it is back, for people.
KNOWN = {
    "handshake_403": "A valid token is accepted, not rejected with 403",
    "secret_synchronisation": "Auth service and chat backend share the signing secret",
    "load_balancer_timeout": "An idle connection survives the load balancer's timeout",
    "isolation": "Users never see another user's data",
    "missing_agent_events": "Every agent event reaches its user",
    "connection_leak": "A closed connection is freed on the server",
    "token_refresh": "A refreshed token works",
}

#: Criteria that show the same thing over the whole run.
_SHOWN_BY = {"isolation": "user_isolation", "missing_agent_events": "event_delivery"}

#: Failure patterns, asked of every scenario at its end, that are the regression itself.
_PATTERNS = {
    "isolation": ("isolation violation",),
    "missing_agent_events": ("missing or doubled events", "broken run"),
    "load_balancer_timeout": ("unstable connection",),
}

RegressionState = Literal["held", "broken", "not assessed"]


class Regression(msgspec.Struct, kw_only=True, frozen=True):
    """One known regression: `held` is good, `broken` means that it is back.

    `guards` are the names of the selected scenarios that guard it; `why` is empty for `held`.
    """

    name: str
    title: str
    state: RegressionState
    guards: tuple[str, ...] = ()
    why: str = ""


def regressions(verdict: Verdict, outcomes: Sequence[Outcome]) -> tuple[Regression, ...]:
    """All seven, in order. Held only when a guard has passed and none failed or never ran."""
    return tuple(_one(name, verdict, outcomes) for name in KNOWN)


def _one(name: str, verdict: Verdict, outcomes: Sequence[Outcome]) -> Regression:
    guards = [o for o in outcomes if o.selected and f"{TAG}{name}" in o.tags]
    state, why = _state(guards, _PATTERNS.get(name, ()))
    if state != "broken":
        for criterion in verdict.criteria:
            if criterion.name == _SHOWN_BY.get(name) and criterion.state == "fail":
                state, why = "broken", criterion.reason
    return Regression(
        name=name,
        title=KNOWN[name],
        state=state,
        guards=tuple(o.name for o in guards),
        why=why,
    )


def _state(guards: Sequence[Outcome], own: Sequence[str]) -> tuple[RegressionState, str]:
    ended = {o.status: o for o in reversed(guards)}  # the first of each status
    failed = [o for o in guards if o.status == "failed" and o.failing]
    for outcome in failed:
        if not outcome.invariants or not set(outcome.invariants).isdisjoint(own):
            return "broken", f"“{outcome.name}” failed."
    if failed:
        other = min(failed[0].invariants)
        return "not assessed", f"“{failed[0].name}” failed for something else: {other}."
    if broke := next((o for o in guards if o.spoilt or o.status == "broken"), None):
        return "not assessed", f"“{broke.name}” could not be carried out."
    if unseen := ended.get("not_run"):
        return "not assessed", f"“{unseen.name}” never ran."
    if "passed" in ended:
        return "held", ""
    if skipped := ended.get("skipped"):
        why = (skipped.reason or "no reason given").rstrip(".")
        return "not assessed", f"“{skipped.name}” was skipped: {why}."
    return "not assessed", "No scenario of this run guards it."
