"""The last words of a run in a terminal: the verdict, why, what to do, where the report is."""

from __future__ import annotations

import sys
from typing import TextIO

from rich.console import Console
from rich.text import Text

from support.approval.model import CriterionResult, Decision, Verdict
from support.report.decision_page import MEANING, SHAPE, STATE_SHAPE, STATE_WORD, in_order
from support.report.formatting import address, counted, lasting, mask
from support.report.sections import accepted_said

#: Criteria and gaps beyond these are counted, so that the last words stay on one screen.
MOST_CRITERIA = 5
MOST_GAPS = 3

_STYLE: dict[Decision, str] = {
    "APPROVED": "bold white on green",
    "REJECTED": "bold white on red",
    "INCONCLUSIVE": "bold black on yellow",
    "NO DECISION": "bold reverse",
}


def summary(
    verdict: Verdict,
    report_path: str | None,
    *,
    evidence_path: str | None = None,
    file: TextIO | None = None,
) -> None:
    """Print the decision in about 25 lines at most, to `file` (standard output).

    Colours only on a terminal and without `NO_COLOR`; elsewhere plain text, one line a thought,
    whatever the width.
    """
    out = file or sys.stdout
    # Not left to rich: FORCE_COLOR would put control sequences into a log file.
    console = Console(
        file=out, force_terminal=out.isatty(), highlight=False, markup=False, emoji=False
    )
    for line in _lines(verdict, report_path, evidence_path):
        console.print(_encodable(line, out), soft_wrap=not console.is_terminal)


def _encodable(line: Text, out: TextIO) -> Text:
    """A terminal without UTF-8 gets the words without the shapes."""
    encoding = out.encoding or "utf-8"
    plain = line.plain.encode(encoding, "replace").decode(encoding)
    return line if plain == line.plain else Text(plain)


def _lines(verdict: Verdict, report: str | None, evidence: str | None) -> list[Text]:
    word = f" {SHAPE[verdict.decision]} {verdict.decision} "
    build = f", build {verdict.build}" if verdict.build else ""
    took = lasting(max(verdict.finished - verdict.started, 0.0))
    scenarios = counted(verdict.scenarios_selected, "scenario")
    lines = [
        Text(),
        Text.assemble((word, _STYLE[verdict.decision]), " ", MEANING[verdict.decision]),
        _plain(f"   {address(verdict.target)}{build}, in {verdict.environment}"),
        _plain(
            f"   {verdict.scenarios_assessed} of {scenarios} assessed, "
            f"{verdict.scenarios_passed} passed, in {took}"
        ),
    ]
    if verdict.accepted:
        lines.append(Text("Known failures", style="bold"))
        said = accepted_said(verdict)
        lines += [_plain(f"   {state}: {sentence}") for state, sentence in said[:MOST_GAPS]]
        lines += _more(len(said) - MOST_GAPS)
    if verdict.reasons:
        lines.append(Text("Why", style="bold"))
        lines += [_plain(f"   {n}. {why}") for n, why in enumerate(verdict.reasons[:3], start=1)]
    lines += _criteria([c for c in in_order(verdict.criteria) if c.state not in ("pass", "waived")])
    if verdict.not_assessed:
        lines.append(Text("Not assessed", style="bold"))
        shown = verdict.not_assessed[:MOST_GAPS]
        lines += [
            _plain(f"   {STATE_SHAPE['no_evidence']} {g.what.rstrip('.')}: {g.why}") for g in shown
        ]
        lines += _more(len(verdict.not_assessed) - len(shown))
    lines.append(Text("What to do now", style="bold"))
    lines.append(_plain(f"   {verdict.next_step}"))
    lines.append(_plain(f"Report    {report or 'none was made'}"))
    if evidence:
        lines.append(_plain(f"Evidence  {evidence}"))
    if verdict.bundle_digest:
        lines.append(_plain(f"Digest    {verdict.bundle_digest}"))
    return lines


def _criteria(unmet: list[CriterionResult]) -> list[Text]:
    if not unmet:
        return []
    shown = unmet[:MOST_CRITERIA]
    lines = [Text("Criteria not met", style="bold")]
    for result in shown:
        limit = f" (limit {result.limit})" if result.limit else ""
        lines.append(
            _plain(
                f"   {STATE_SHAPE[result.state]} {STATE_WORD[result.state]}: {result.title}: "
                f"{result.measured or 'not measured'}{limit}"
            )
        )
    return lines + _more(len(unmet) - len(shown))


def _more(number: int) -> list[Text]:
    return [_plain(f"   … and {number} more, in the report")] if number > 0 else []


def _plain(text: str) -> Text:
    """Text as text: no control sequence of a deployment's answer may reach the terminal."""
    indent = len(text) - len(text.lstrip())
    clean = "".join(c if c.isprintable() else " " for c in mask(text))
    return Text(" " * indent + " ".join(clean.split(" ")).strip())
