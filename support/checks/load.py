"""Did the deployment hold a load: nothing lost, nothing leaked, and as much as was asked for?

A violation counts whatever else happened. Everything else is said only of a load that was carried
out whole, by a generator that was not itself the limit.
"""

from __future__ import annotations

from collections import Counter

from support.checks.finding import Cause, Finding, check, failed, passed, unknown
from support.journal import History
from support.measures.histogram import least_samples
from support.measures.load import LoadFigures, claimed_ms, loads


@check("the deployment holds the load")
def load_held(history: History) -> Finding:
    """Each load run of the history, by its own limits; unknown without any."""
    found = [_judged(load) for load in loads(history)]
    if not found:
        return unknown("no load was put on the deployment")
    for state in ("failed", "unknown"):
        for finding in found:
            if finding.state == state:
                return finding
    return found[-1]


def _judged(load: LoadFigures) -> Finding:
    if load.violated:
        return _violated(load)
    gap = _gap(load)
    if gap is not None:
        why, cause = gap
        return unknown(why, cause)
    if problem := _shortfall(load):
        return failed(problem)
    if missing := _unproven(load):
        return unknown(missing)
    total = load.total
    return passed(
        f"{total.users:,} users, {total.answered:,} answers, {load.events:,} events;"
        f" {total.fenced:,} end-of-stream checks passed"
    )


def _violated(load: LoadFigures) -> Finding:
    kinds = Counter(v.pattern for v in load.violations)
    kinds.update({k: n - kinds[k] for k, n in load.total.patterns.items() if n > kinds[k]})
    text = "; ".join(f"{count:,} × {kind}" for kind, count in kinds.most_common())
    shown = load.violations[:8]
    first = f" First: {shown[0].text}" if shown else ""
    return failed(
        f"{text}.{first}",
        expected=("to everybody their own events, each once and in order",),
        seen=tuple(violation.text for violation in shown),
        records=tuple(violation.seq for violation in load.violations[:50]),
    )


def _gap(load: LoadFigures) -> tuple[str, Cause] | None:
    """Why nothing can be said, though nothing was seen to be wrong."""
    began, total, ended = load.began, load.total, load.ended
    if ended is None:
        return "the load run never came to its end", "harness"
    twice = [shard for shard, times in ended.begun.items() if times > 1]
    if twice:
        return f"shard {twice[0]} was begun twice, so its users were not counted once", "harness"
    if ended.lost:
        shard, how = next(iter(ended.lost.items()))
        return f"{len(ended.lost)} of {began.shards} shards were lost (shard {shard}: {how})", (
            "harness"
        )
    if ended.stopped:
        return f"the load was stopped early: {ended.stopped}", "harness"
    reported = {shard.shard for shard in load.shards}
    if len(load.shards) != began.shards or len(reported) != began.shards:
        return f"{len(reported)} of {began.shards} shards were reported", "harness"
    if total.users != began.plan.users:
        return f"{total.users:,} of {began.plan.users:,} users were reported", "harness"
    if limit := load.generator_limit:
        return f"the load generator was the limit: {limit}", "environment"
    if not total.asked:
        return "no question was asked", "too_few_samples"
    return None


def _shortfall(load: LoadFigures) -> str:
    """Where the deployment fell short of a limit; empty where it did not."""
    plan, limits, total = load.began.plan, load.began.plan.limits, load.total
    if total.connected < limits.connected * plan.users:
        causes = ", ".join(f"{n} × {cause}" for cause, n in total.refusals.items())
        return f"only {total.connected:,} of {plan.users:,} users could connect ({causes})"
    success = load.success or 0.0
    if success < limits.success:
        wrong = total.asked - total.right
        return f"{wrong:,} of {total.asked:,} questions were not answered as they should be"
    if total.recovered < total.dropped:
        return f"{total.dropped - total.recovered} of {total.dropped} users did not recover"
    achieved = load.achieved or 0.0
    if plan.open_model and achieved < limits.rate:
        return (
            f"{achieved:.0%} of the planned rate was reached, and the load generator was idle:"
            " the deployment was the limit"
        )
    p95_ms = claimed_ms(total.response_us, 0.95)
    if limits.p95_ms and p95_ms is not None and p95_ms > limits.p95_ms:
        return f"95 in 100 answers took up to {p95_ms:.0f} ms, not {limits.p95_ms:g} ms"
    return ""


def _unproven(load: LoadFigures) -> str:
    """What the load was to show and did not; empty where nothing is missing."""
    total = load.total
    if load.unseen:
        return f"no {', '.join(load.unseen)} was ever seen"
    if total.fenced < total.connected:
        return (
            f"{total.connected - total.fenced} users made no last round trip, so silence"
            " proves nothing"
        )
    if load.began.plan.limits.p95_ms and claimed_ms(total.response_us, 0.95) is None:
        return f"95 in 100 answers needs {least_samples(0.95)} answers"
    return ""
