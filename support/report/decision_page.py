"""The page an approver reads first: the word, why, the criteria, what is missing, what to do.

One self-contained document: inline style, no script, nothing fetched. Colour never stands alone;
every state has its word and its shape. Numbers and sentences come from the verdict as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from importlib.resources import files

from support.approval.model import (
    CriterionResult,
    Decision,
    NotAssessed,
    Outcome,
    State,
    Status,
    Verdict,
)
from support.report.allure.labels import CAPABILITIES, capability
from support.report.charts import Chart
from support.report.formatting import address, counted, lasting, mask, moment
from support.report.sections import accepted_html, sections_html
from support.report.trend import Trend

MEANING: dict[Decision, str] = {
    "APPROVED": "This build may be deployed.",
    "REJECTED": "This build must not be deployed.",
    "INCONCLUSIVE": "This build must not be deployed on this evidence: it proves too little.",
    "NO DECISION": "This was a rehearsal over a part of the suite. It decides nothing.",
}
SHAPE: dict[Decision, str] = {
    "APPROVED": "\N{HEAVY CHECK MARK}",
    "REJECTED": "\N{HEAVY BALLOT X}",
    "INCONCLUSIVE": "?",
    "NO DECISION": "\N{EN DASH}",
}
STATE_WORD: dict[State, str] = {
    "pass": "met",
    "fail": "not met",
    "no_evidence": "no evidence",
    "invalid": "not valid",
    "waived": "not required here",
}
STATE_SHAPE: dict[State, str] = {
    "pass": "\N{HEAVY CHECK MARK}",
    "fail": "\N{HEAVY BALLOT X}",
    "no_evidence": "?",
    "invalid": "!",
    "waived": "\N{EN DASH}",
}
STATUS_WORD: dict[Status, str] = {
    "passed": "passed",
    "failed": "failed",
    "broken": "broke",
    "skipped": "skipped",
    "not_run": "never ran",
}
_STATUS_STATE: dict[Status, State] = {
    "passed": "pass",
    "failed": "fail",
    "broken": "invalid",
    "skipped": "waived",
    "not_run": "no_evidence",
}
#: Details of one criterion shown on the page; the rest is counted.
MOST_DETAILS = 3
_WORST_FIRST: tuple[State, ...] = ("fail", "invalid", "no_evidence", "pass", "waived")


def decision_html(
    verdict: Verdict,
    outcomes: Sequence[Outcome],
    pictures: Sequence[Chart] = (),
    trend: Trend | None = None,
) -> str:
    """The decision page as one HTML document that works from a file, in print and on a phone."""
    word = verdict.decision
    kind = word.lower().replace(" ", "-")
    style = files("support.report").joinpath("decision_page.css").read_text(encoding="utf-8")
    body = "\n".join(
        [
            f'<header class="{kind}">',
            f'<h1><span class="shape" aria-hidden="true">{SHAPE[word]}</span> {_e(word)}</h1>',
            f"<p>{_e(MEANING[word])}</p>",
            f"<p><strong>{_e(address(verdict.target))}</strong>, {_build(verdict)}, "
            f"in {_e(verdict.environment)}</p>",
            "</header>",
            accepted_html(verdict),
            _reasons_html(verdict),
            "<section><h2>What to do now</h2>",
            f"<p>{_e(verdict.next_step)}</p></section>",
            "<section><h2>What was demanded, and what was measured</h2>",
            _criteria_html(verdict.criteria),
            "</section>",
            _not_assessed_html(verdict),
            _pictures_html(pictures),
            sections_html(verdict, outcomes, trend),
            "<section><h2>What was tried</h2>",
            _scenarios_html(outcomes),
            "</section>",
            _facts_html(verdict),
        ]
    )
    title = f"{word}: {address(verdict.target)}, {verdict.build}"
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{_e(title)}</title>\n<style>\n{style}</style>\n</head>\n"
        f"<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


def by_capability(outcomes: Iterable[Outcome]) -> list[tuple[str, list[Outcome]]]:
    """Selected scenarios by business capability, capabilities in reading order, worst first."""
    selected = [outcome for outcome in outcomes if outcome.selected]
    names = dict.fromkeys([*CAPABILITIES.values(), *(capability(o.category) for o in selected)])
    groups = [(name, [o for o in selected if capability(o.category) == name]) for name in names]
    return [(name, sorted(group, key=_rank)) for name, group in groups if group]


def tally(outcomes: Sequence[Outcome]) -> str:
    """`all 12 passed`, or `10 of 12 passed, 1 failed, 1 never ran`."""
    passed = sum(outcome.status == "passed" for outcome in outcomes)
    if passed == len(outcomes):
        return f"all {passed} passed" if passed > 1 else "passed"
    rest = [
        f"{number} {STATUS_WORD[status]}"
        for status in STATUS_WORD
        if status != "passed" and (number := sum(o.status == status for o in outcomes))
    ]
    return ", ".join([f"{passed} of {len(outcomes)} passed", *rest])


def _rank(outcome: Outcome) -> tuple[int, bool, str, int]:
    state = _STATUS_STATE[outcome.status]
    return _WORST_FIRST.index(state), not outcome.critical, outcome.path, outcome.line


def _e(text: str) -> str:
    return escape(mask(text))


def _build(verdict: Verdict) -> str:
    return f"build <strong>{_e(verdict.build)}</strong>" if verdict.build else "build unknown"


def _mark(state: State, word: str) -> str:
    shape = STATE_SHAPE[state]
    return f'<span class="mark {state}"><b aria-hidden="true">{shape}</b> {_e(word)}</span>'


def _reasons_html(verdict: Verdict) -> str:
    if not verdict.reasons:
        return ""
    if len(verdict.reasons) == 1:
        return f"<section><h2>Why</h2><p>{_e(verdict.reasons[0])}</p></section>"
    items = "".join(f"<li>{_e(reason)}</li>" for reason in verdict.reasons[:3])
    return f"<section><h2>Why</h2><ol>{items}</ol></section>"


def _criteria_html(criteria: Sequence[CriterionResult]) -> str:
    if not criteria:
        return "<p>Nothing was judged.</p>"
    heads = "".join(
        f'<th scope="col">{head}</th>'
        for head in ("Criterion", "Measured", "Limit", "Samples", "Answer")
    )
    rows = "".join(_criterion_row(result) for result in in_order(criteria))
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"


def in_order(criteria: Iterable[CriterionResult]) -> list[CriterionResult]:
    """Worst first; the order of the policy otherwise."""
    return sorted(criteria, key=lambda result: _WORST_FIRST.index(result.state))


def _criterion_row(result: CriterionResult) -> str:
    note = "".join(f'<div class="note">{_e(line)}</div>' for line in notes(result))
    below = f'<tr class="{result.state} why"><td colspan="5">{note}</td></tr>' if note else ""
    samples = "" if result.samples is None else f"{result.samples:,}"
    return (
        f'<tr class="{result.state}"><th scope="row">{_e(result.title)}</th>'
        f'<td data-head="Measured">{_e(result.measured)}</td>'
        f'<td data-head="Limit">{_e(result.limit)}</td>'
        f'<td data-head="Samples">{samples}</td>'
        f'<td data-head="Answer">{_mark(result.state, STATE_WORD[result.state])}</td></tr>{below}'
    )


def notes(result: CriterionResult) -> list[str]:
    """Reason and details of a criterion, each thing once, long lists counted."""
    once = {line.rstrip(".").casefold(): line for line in reversed(result.details) if line}
    once.pop(result.reason.rstrip(".").casefold(), None)
    told = result.reason.casefold()
    details = [line for key, line in reversed(once.items()) if key not in told]
    lines = [result.reason, *details[:MOST_DETAILS]]
    if len(details) > MOST_DETAILS:
        lines.append(f"… and {len(details) - MOST_DETAILS} more, in verdict.json")
    return [line for line in lines if line]


def gaps(verdict: Verdict) -> list[NotAssessed]:
    """What the run can say nothing about: as the verdict lists it, and criteria left open."""
    listed = {item.what.rstrip(".:").casefold() for item in verdict.not_assessed}
    open_ones = [
        NotAssessed(what=f"{result.title}:", why=result.reason or STATE_WORD[result.state])
        for result in verdict.criteria
        if result.state in ("no_evidence", "invalid") and result.title.casefold() not in listed
    ]
    return [*verdict.not_assessed, *open_ones]


def _not_assessed_html(verdict: Verdict) -> str:
    items = "".join(
        f"<li><strong>{_e(item.what)}</strong> {_e(item.why)}</li>" for item in gaps(verdict)
    )
    said = f"<ul>{items}</ul>" if items else "<p>Everything demanded was assessed.</p>"
    return f"<section><h2>What was not assessed, and why</h2>{said}</section>"


def _pictures_html(pictures: Sequence[Chart]) -> str:
    if not pictures:
        return ""
    # Drawn by us and escaped there; as part of the page they need no second file.
    shown = "".join(f"<figure>{picture.svg}</figure>" for picture in pictures)
    return f'<section class="pictures"><h2>What was measured, in pictures</h2>{shown}</section>'


def _scenarios_html(outcomes: Sequence[Outcome]) -> str:
    groups = by_capability(outcomes)
    if not groups:
        return "<p>No scenario was selected: nothing was tried.</p>"
    return "".join(
        f"<h3>{_e(name)} <small>{tally(group)}</small></h3>"
        f'<ul class="scenarios">{"".join(_scenario_item(o) for o in group)}</ul>'
        for name, group in groups
    )


def shortened(text: str, most: int = 240) -> str:
    """The text on one line of at most `most` characters; the Allure page holds all of it."""
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def _scenario_item(outcome: Outcome) -> str:
    critical = ' <span class="critical">critical</span>' if outcome.critical else ""
    why = shortened(outcome.reason)
    reason = f'<div class="note">{_e(why)}</div>' if why else ""
    took = f" <small>{lasting(outcome.duration_s)}</small>" if outcome.duration_s >= 0.05 else ""
    mark = _mark(_STATUS_STATE[outcome.status], STATUS_WORD[outcome.status])
    return f"<li>{mark}<div>{_e(outcome.name)}{critical}{took}{reason}</div></li>"


def _facts_html(verdict: Verdict) -> str:
    pairs = "".join(f"<dt>{_e(name)}</dt><dd>{_e(value)}</dd>" for name, value in facts(verdict))
    return f"<footer><h2>For the record</h2><dl>{pairs}</dl></footer>"


def facts(verdict: Verdict) -> list[tuple[str, str]]:
    """When, how long, against what, on which evidence: names and values for people."""
    took = max(verdict.finished - verdict.started, 0.0)
    passed, selected = verdict.scenarios_passed, verdict.scenarios_selected
    return [
        ("Deployment", address(verdict.target)),
        ("Build", verdict.build or "unknown: the deployment did not say"),
        ("Environment", verdict.environment),
        ("Started", moment(verdict.started)),
        ("Took", lasting(took)),
        (
            "Time allowed for a run",
            lasting(verdict.run_budget_s) if verdict.run_budget_s else "not recorded",
        ),
        *([("Valid until", moment(verdict.valid_until))] if verdict.approved else []),
        (
            "Scenarios",
            f"{verdict.scenarios_assessed} of {counted(selected, 'selected scenario')} assessed,"
            f" {passed} passed",
        ),
        ("Digest of the evidence (SHA-256)", verdict.bundle_digest or "no evidence was stored"),
    ]
