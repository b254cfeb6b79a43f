"""Two sections of the decision, as HTML and Markdown: known regressions, and earlier runs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from html import escape

from support.approval import Outcome, Regression, Verdict, regressions
from support.approval.model import State
from support.approval.regressions import RegressionState
from support.report.formatting import lasting, mask
from support.report.markdown import escaped
from support.report.trend import PastRun, Trend

KNOWN_FAILURES = "Known failures"
REGRESSIONS = "What went wrong before"
EARLIER = "This run and those before it"
NO_EARLIER = "There are no earlier runs of this deployment in this environment to compare with."
NOT_KEPT = "A rehearsal is not compared with other runs."
SHOWN = 10

_MARK: dict[RegressionState, tuple[State, str]] = {
    "held": ("pass", "\N{HEAVY CHECK MARK}"),
    "broken": ("fail", "\N{HEAVY BALLOT X}"),
    "not assessed": ("no_evidence", "?"),
}
_HEADS = ("When (UTC)", "Decision", "Scenarios", "Average latency", "95th percentile", "Took")


def sections_html(verdict: Verdict, outcomes: Sequence[Outcome], trend: Trend | None) -> str:
    """Both sections; without a trend only the first."""
    found = "".join(_regression_html(r) for r in regressions(verdict, outcomes))
    both = f'<section><h2>{REGRESSIONS}</h2><ul class="scenarios">{found}</ul></section>'
    return both if trend is None else both + _trend_html(trend, verdict)


def accepted_said(verdict: Verdict) -> list[tuple[str, str]]:
    """Every known failure that the policy names: its state, and the sentence about it."""
    return [
        (
            known.state,
            f"{known.scenario}: {known.reason.rstrip('.')}. Owner: {known.owner}; "
            f"expires {known.expires}.",
        )
        for known in verdict.accepted
    ]


def accepted_html(verdict: Verdict) -> str:
    """HTML: the known failures; nothing where the policy names none."""
    items = "".join(
        f"<li><strong>{_e(state)}</strong> {_e(said)}</li>"
        for state, said in accepted_said(verdict)
    )
    return f"<section><h2>{KNOWN_FAILURES}</h2><ul>{items}</ul></section>" if items else ""


def accepted_lines(verdict: Verdict) -> list[str]:
    """Markdown: the known failures; nothing where the policy names none."""
    found = accepted_said(verdict)
    items = [f"- **{escaped(state)}** {escaped(said)}" for state, said in found]
    return [f"## {KNOWN_FAILURES}", "", *items, ""] if items else []


def regression_lines(found: Sequence[Regression]) -> list[str]:
    """Markdown: a line for each known regression."""
    lines = [f"## {REGRESSIONS}", ""]
    for one in found:
        why = f": {escaped(one.why)}" if one.why else f", guarded by {escaped(_guards(one))}"
        shape = _MARK[one.state][1]
        lines.append(f"- {shape} {one.state}: {escaped(one.title)} ({escaped(one.name)}){why}")
    return [*lines, ""]


def trend_lines(trend: Trend, verdict: Verdict) -> list[str]:
    """Markdown: the last runs as a table, the newest last."""
    lines = [f"## {EARLIER}", ""]
    if trend.remark:
        lines += [escaped(trend.remark), ""]
    if said := _nothing(trend, verdict):
        return [*lines, said, ""]
    lines += [f"| {' | '.join(_HEADS)} |", "|---|---|---:|---:|---:|---:|"]
    lines += [f"| {' | '.join(map(escaped, _cells(past)))} |" for past in trend.earlier[-SHOWN:]]
    if trend.this is not None:
        lines.append(f"| {' | '.join(map(escaped, ['this run', *_cells(trend.this)[1:]]))} |")
    return [*lines, ""]


def _nothing(trend: Trend, verdict: Verdict) -> str:
    if verdict.decision == "NO DECISION":
        return NOT_KEPT
    return "" if trend.earlier else NO_EARLIER


def _regression_html(found: Regression) -> str:
    state, shape = _MARK[found.state]
    guarded = f"Guarded by {_guards(found)}." if found.guards else ""
    note = " ".join(part for part in (found.why, guarded) if part)
    return (
        f'<li><span class="mark {state}"><b aria-hidden="true">{shape}</b> {found.state}'
        f"</span><div>{_e(found.title)} <small>{_e(found.name)}</small>"
        f'<div class="note">{_e(note)}</div></div></li>'
    )


def _guards(found: Regression) -> str:
    """The first two by name, the rest counted."""
    named = ", ".join(f"“{name}”" for name in found.guards[:2])
    rest = len(found.guards) - 2
    return f"{named} and {rest} more" if rest > 0 else named


def _trend_html(trend: Trend, verdict: Verdict) -> str:
    remark = f"<p>{_e(trend.remark)}</p>" if trend.remark else ""
    if said := _nothing(trend, verdict):
        return f"<section><h2>{EARLIER}</h2>{remark}<p>{said}</p></section>"
    rows = [_cells(past) for past in trend.earlier[-SHOWN:]]
    if trend.this is not None:
        rows.append(["this run", *_cells(trend.this)[1:]])
    heads = "".join(f'<th scope="col">{head}</th>' for head in _HEADS)
    body = "".join(
        f'<tr><th scope="row">{_e(cells[0])}</th>'
        + "".join(
            f'<td data-head="{head}">{_e(cell)}</td>'
            for head, cell in zip(_HEADS[1:], cells[1:], strict=True)
        )
        + "</tr>"
        for cells in rows
    )
    return (
        f'<section><h2>{EARLIER}</h2>{remark}<table class="runs"><thead><tr>{heads}</tr></thead>'
        f"<tbody>{body}</tbody></table></section>"
    )


def _cells(past: PastRun) -> list[str]:
    return [
        f"{datetime.fromtimestamp(past.started, UTC):%Y-%m-%d %H:%M}",
        past.decision,
        f"{past.scenarios_passed} of {past.scenarios_selected}",
        _ms(past.average_latency_ms),
        _ms(past.p95_latency_ms),
        lasting(past.duration_s),
    ]


def _ms(value: float | None) -> str:
    return "not measured" if value is None else f"{value:.1f} ms"


def _e(text: str) -> str:
    return escape(mask(text))
