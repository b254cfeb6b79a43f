"""Did the deployment hold a load: nothing lost, nothing leaked, and as much as was asked for?

A violation counts whatever else happened. Everything else is said only of a load that was carried
out whole, by a generator that was not itself the limit.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from support.checks.finding import Cause, Finding, check, failed, passed, unknown
from support.journal import History
from support.journal.records.load import LEAK, STREAM
from support.journal.shard_report import quantile_ms
from support.measures.histogram import least_samples
from support.measures.load import LoadFigures, claimed_ms, loads

Shortfall = Callable[[LoadFigures], str]


@check("the deployment holds the load")
def load_held(history: History) -> Finding:
    """Each load run of the history, by its own limits; unknown without any."""
    return _each(history, _shortfall)


@check("everyone has connected")
def crowd_connected(history: History) -> Finding:
    """Every user that was asked for is connected at the same time."""
    load = next(reversed(loads(history)), None)
    if load is None or not load.progress:
        return unknown("no load was put on the deployment")
    users, connected = load.began.plan.users, max(p.connected for p in load.progress)
    if connected == users:
        return passed(f"{connected:,} users")
    if load.ended is None or load.ended.lost or load.generator_limit:
        return unknown(f"{connected:,} of {users:,} users were seen", "environment")
    return failed(_unconnected(load))


@check("everyone's runs are complete and in order")
def crowd_answered(history: History, uses_tool: bool = False) -> Finding:
    """Every question that was asked has its whole run; with `uses_tool`, each run used a tool."""

    def shortfall(load: LoadFigures) -> str:
        without = load.total.answered - load.total.tool_runs
        if uses_tool and without and "tool_executing" in load.began.expects:
            return f"{without:,} of {load.total.answered:,} runs used no tool"
        return _unconnected(load) or _unanswered(load)

    return _each(history, shortfall)


@check("everyone has received every event once, in order", needs="positions")
def crowd_streams_whole(history: History) -> Finding:
    """No stream has a gap, an event twice, or one of another user's."""
    return _each(history, _unconnected, (LEAK, STREAM))


@check("everyone has resumed without a gap", needs="positions")
def crowd_resumed(history: History) -> Finding:
    """Everyone was dropped, came back, and has received what they missed."""

    def shortfall(load: LoadFigures) -> str:
        return _unconnected(load) or _unrecovered(load)

    load = next(reversed(loads(history)), None)
    if load is not None and load.ended is not None and load.total.dropped < load.began.plan.users:
        found = _each(history, _unconnected, (STREAM,))
        return found if found.state == "failed" else unknown("not everybody was disconnected")
    return _each(history, shortfall, (STREAM,))


@check("no user has received anything of another")
def crowd_isolated(history: History) -> Finding:
    """Nobody received anything that belongs to another, up to a last round trip of each."""
    return _each(history, _unconnected, (LEAK,))


@check("{share:.0%} of users have every missed event within {limit_s:g} s", needs="positions")
def crowd_recovered_within(history: History, limit_s: float, share: float = 0.95) -> Finding:
    """From the loss of a connection to the last missed event; who is not back took forever."""

    def shortfall(load: LoadFigures) -> str:
        table, dropped = load.total.recovery_us, load.total.dropped
        late = dropped - sum(n for us, n in table.items() if us <= limit_s * 1e6)
        slowest = quantile_ms(table, 1.0) or 0.0
        if late <= dropped * (1 - share):
            return ""
        return f"{late:,} of {dropped:,} took longer, the slowest {slowest:,.0f} ms"

    load = next(reversed(loads(history)), None)
    if load is not None and load.ended is not None and not load.total.dropped:
        return unknown("nobody was disconnected")
    found = _each(history, shortfall, ())
    if found.state == "failed" and load is not None and load.worst_lag_ms * 2 > limit_s * 1000:
        return unknown(f"{found.summary}, but the generator was late itself", "environment")
    return found


def crowd_failures(history: History) -> dict[str, Finding]:
    """What is wrong with what the users of load runs were sent, by failure pattern."""
    patterns = {pattern for load in loads(history) for pattern in load.patterns}
    found = {pattern: _violations_of(pattern)(history) for pattern in sorted(patterns)}
    return {pattern: finding for pattern, finding in found.items() if finding.state == "failed"}


@check("no user of a load has seen a violation: {pattern}")
def _violations_of(history: History, pattern: str) -> Finding:
    return _each(history, lambda _: "", (pattern,))


def _each(
    history: History, shortfall: Shortfall, patterns: Collection[str] | None = None
) -> Finding:
    """Of every load run of the history, the worst; `patterns` are those that count, None: all."""
    found = [_judged(load, shortfall, patterns) for load in loads(history)]
    if not found:
        return unknown("no load was put on the deployment")
    for state in ("failed", "unknown"):
        for finding in found:
            if finding.state == state:
                return finding
    return found[-1]


def _judged(load: LoadFigures, shortfall: Shortfall, patterns: Collection[str] | None) -> Finding:
    counts = [p for p in load.patterns if patterns is None or p in patterns]
    if counts or (load.violated and patterns is None):
        return _violated(load, counts)
    gap = _gap(load)
    if gap is not None:
        why, cause = gap
        return unknown(why, cause)
    if problem := shortfall(load):
        return failed(problem)
    if missing := _unproven(load):
        return unknown(missing)
    total = load.total
    return passed(
        f"{total.users:,} users, {total.answered:,} answers, {load.events:,} events;"
        f" {total.fenced:,} end-of-stream checks passed"
    )


def _violated(load: LoadFigures, patterns: Collection[str]) -> Finding:
    kinds = [(kind, count) for kind, count in load.patterns.most_common() if kind in patterns]
    kinds.sort(key=lambda kind: kind[0] != LEAK)
    text = "; ".join(f"{count:,} × {kind}" for kind, count in kinds)
    shown = [violation for violation in load.violations if violation.pattern in patterns]
    shown.sort(key=lambda violation: violation.pattern != LEAK)
    first = f" First: {shown[0].text}" if shown else ""
    return failed(
        f"{text}.{first}",
        expected=("to everybody their own events, each once and in order",),
        seen=tuple(violation.text for violation in shown[:8]),
        records=tuple(violation.seq for violation in shown[:50]),
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


def _unconnected(load: LoadFigures) -> str:
    plan, total = load.began.plan, load.total
    if total.connected >= plan.limits.connected * plan.users:
        return ""
    causes = ", ".join(f"{n} × {cause}" for cause, n in total.refusals.items())
    return f"only {total.connected:,} of {plan.users:,} users could connect ({causes})"


def _unanswered(load: LoadFigures) -> str:
    total = load.total
    if (load.success or 0.0) >= load.began.plan.limits.success:
        return ""
    wrong = total.asked - total.right
    return f"{wrong:,} of {total.asked:,} questions were not answered as they should be"


def _unrecovered(load: LoadFigures) -> str:
    total = load.total
    if total.recovered >= total.dropped:
        return ""
    return f"{total.dropped - total.recovered} of {total.dropped} users did not recover"


def _shortfall(load: LoadFigures) -> str:
    """Where the deployment fell short of a limit; empty where it did not."""
    plan, limits, total = load.began.plan, load.began.plan.limits, load.total
    if problem := _unconnected(load) or _unanswered(load) or _unrecovered(load):
        return problem
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
