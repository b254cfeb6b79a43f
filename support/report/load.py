"""A load run in a terminal: what is planned, how far it is, and its figures on one screen."""

from __future__ import annotations

from support.approval.words import percent
from support.journal import records
from support.journal.load_plan import LoadPlan
from support.journal.shard_report import Table, quantile_ms
from support.measures.load import LoadFigures, claimed_ms

#: Over less time than this no rate is claimed.
LEAST_RATE_S = 0.9


def plan_line(plan: LoadPlan, target: str) -> str:
    """What is about to happen, in one line."""
    model = (
        f"{plan.rate_per_s:g} questions a second (open model)"
        if plan.open_model
        else f"{plan.think_s:g} s between answer and question (closed model)"
    )
    steps = f", in {plan.steps} steps" if plan.steps > 1 else ""
    lasting = "as its scenario says" if plan.by_steps else f"for {plan.duration_s:g} s"
    left = f", of which {plan.left_s:,.0f} s are left" if plan.done_s else ""
    workers = f"{plan.workers} worker{'s' * (plan.workers > 1)}"
    return f"Load on {target}: {plan.users:,} users {lasting}{left}, {model}{steps}, {workers}"


def progress_line(
    plan: LoadPlan, now: records.LoadProgress, before: records.LoadProgress | None = None
) -> str:
    """How far it is; events a second are those since `before`, unless that is only just past."""
    since_s = now.t - before.t if before is not None else 0.0
    events = now.events - before.events if before is not None else 0
    rate = f" ({events / since_s:,.1f}/s)" if since_s >= LEAST_RATE_S else ""
    p95 = f"p95 {now.p95_ms:.0f} ms" if now.p95_ms is not None else "p95 –"
    return (
        f"{now.connected:,}/{plan.users:,} users · {now.answered:,}/{now.asked:,} answered ·"
        f" {now.events:,} events{rate} · {p95} · {now.violations:,} violations"
    )


def reached_line(load: LoadFigures) -> str:
    """How much of the planned time is over, by the reports of the workers."""
    planned = "" if load.began.plan.by_steps else f" of {load.began.plan.duration_s:,.0f}"
    return f"time        {load.worked_s:,.0f}{planned} s"


def summary_lines(load: LoadFigures) -> list[str]:
    """The figures; a percentile that too few samples cover is a dash."""
    total, began = load.total, load.began
    right = percent(load.success, 2) if load.success is not None else "–"
    lines = [
        "",
        f"users       {total.connected:,} of {began.plan.users:,} connected,"
        f" {total.fenced:,} checked to the end",
        f"questions   {total.asked:,} asked, {total.answered:,} answered"
        f" ({load.answers_per_s:,.1f} a second), {right} right",
        f"events      {load.events:,} ({load.events_per_s:,.1f} a second)",
        f"violations  {load.violated:,} in {total.frames:,} messages",
        f"response    {_times(total.response_us)}",
        *_course(load),
        f"first event {_times(total.first_us)}",
        f"event       {_times(total.event_us)}",
        f"connect     {_times(total.connect_us)}",
    ]
    if load.earlier:
        before = f"{began.plan.done_s:,.0f} s were carried out in {load.earlier[-1].run}"
        lines.insert(1, f"before      {before}")
    if total.dropped:
        lines.append(
            f"recovery    {_times(total.recovery_us)}   {total.recovered} of {total.dropped} drops"
        )
    for name, causes in (("refused", total.refusals), ("patterns", total.patterns)):
        if causes:
            said = ", ".join(f"{count:,} × {cause}" for cause, count in causes.items())
            lines.append(f"{name:<11} {said}")
    lines.append(
        f"generator   loop delay {load.usual_lag_ms:.1f} ms, sends late {load.late_ms:.1f} ms,"
        f" CPU {total.busiest_cpu:.0%} of a core"
    )
    return [*lines, ""]


def _course(load: LoadFigures) -> list[str]:
    """How the response time changed, of loads long enough to be looked at in parts."""
    parts = [claimed_ms(part.response_us, 0.95) for part in load.parts()]
    if None in parts:
        return []
    shown = " → ".join(f"{value:,.1f}" for value in parts)
    return [f"quarters    p95 {shown} ms"]


def _times(table: Table) -> str:
    if not table:
        return "–"
    shown = []
    for name, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99)):
        value = claimed_ms(table, share)
        shown.append(f"{name} {value:,.1f} ms" if value is not None else f"{name} –")
    return "  ".join([*shown, f"max {quantile_ms(table, 1.0):,.1f} ms"])
