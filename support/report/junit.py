"""JUnit XML, as pytest writes it and Jenkins, GitLab and GitHub actions read it.

Made from the outcomes the verdict is made from, so that both always agree: it holds a failure or an
error unless the run is APPROVED, and none if it is. Its tests are the selected scenarios, and one
case more, "REJECTED" or "INCONCLUSIVE", where the build is not approved: that can be although every
scenario passed. Criteria are properties, and count as no test. What never ran is an error: a reader
would take a skipped test for a harmless one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from xml.etree import ElementTree as Xml

from support.approval import Outcome, Outcomes, Verdict
from support.report.formatting import mask

DECISION = "Decision"
_UNFIT = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # for XML 1.0


def junit(verdict: Verdict, given: Outcomes) -> bytes:
    """The whole document: a suite for every feature, and one on the decision."""
    root = Xml.Element("testsuites", name="greenlight")
    selected = [o for o in given.scenarios if o.selected]
    for path, feature in dict.fromkeys((o.path, o.feature) for o in selected):
        cases = [_scenario(o) for o in selected if (o.path, o.feature) == (path, feature)]
        root.append(_suite(feature or path, cases, given.started))
    root.append(_decision(verdict, given))
    for count in ("tests", "failures", "errors", "skipped"):
        root.set(count, str(sum(int(suite.get(count, "0")) for suite in root)))
    root.set("time", f"{max(given.finished - given.started, 0):.3f}")
    Xml.indent(root)
    document: bytes = Xml.tostring(root, encoding="utf-8", xml_declaration=True)
    return document + b"\n"


def _suite(name: str, cases: Sequence[Xml.Element], started: float) -> Xml.Element:
    suite = Xml.Element("testsuite", name=_fit(name), tests=str(len(cases)))
    for count, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(count, str(sum(case.find(tag) is not None for case in cases)))
    suite.set("time", f"{sum(float(case.get('time', '0')) for case in cases):.3f}")
    suite.set("timestamp", f"{datetime.fromtimestamp(started, UTC):%Y-%m-%dT%H:%M:%S}+00:00")
    suite.extend(cases)
    return suite


def _scenario(outcome: Outcome) -> Xml.Element:
    case = Xml.Element(
        "testcase",
        classname=_fit(outcome.path.removesuffix(".feature").replace("/", ".")),
        name=_fit(outcome.name),
        file=_fit(outcome.path),
        line=str(outcome.line),
        time=f"{outcome.duration_s:.3f}",
    )
    match outcome.status:
        case "failed":
            _ended(case, "failure", outcome.reason or "failed", "failed expectation")
        case "broken":
            _ended(case, "error", outcome.reason or "broke", "broken")
        case "not_run":
            _ended(case, "error", outcome.reason or "it never ran", "never ran")
        case "skipped":
            _ended(case, "skipped", outcome.reason or "left out", "not assessed")
    return case


def _decision(verdict: Verdict, given: Outcomes) -> Xml.Element:
    """The decision and each criterion as properties, and a case where the build is not approved.

    `load_held` is true for a load run that is APPROVED, which approves no build.
    """
    suite = _suite(DECISION, _not_approved(verdict, given), given.started)
    listed: list[tuple[str, str]] = [
        ("decision", verdict.decision),
        ("load_held", str(verdict.load_held).lower()),
    ]
    listed += [
        (f"criterion {c.name}", f"{c.state}: {c.measured} (limit {c.limit})")
        for c in verdict.criteria
    ]
    properties = Xml.Element("properties")
    for name, value in listed:
        Xml.SubElement(properties, "property", name=name, value=_fit(value))
    suite.insert(0, properties)
    return suite


def _not_approved(verdict: Verdict, given: Outcomes) -> list[Xml.Element]:
    """The one case that is no scenario: without it a reader would see nothing go wrong."""
    around = [*([given.aborted] if given.aborted else []), *given.harness_errors]
    around += given.disagreements
    open_ones = [
        f"{c.title}: {c.reason} Measured {c.measured}, limit {c.limit}."
        for c in verdict.criteria
        if given.gate and c.state not in ("pass", "waived")
    ]
    case = Xml.Element("testcase", classname=DECISION, name=verdict.decision, time="0")
    text = "\n".join(dict.fromkeys([*(verdict.reasons or around), *open_ones]))
    if verdict.decision == "REJECTED":
        _ended(case, "failure", text or "REJECTED", "REJECTED")
    elif verdict.decision == "INCONCLUSIVE":
        _ended(case, "error", text or "INCONCLUSIVE", "INCONCLUSIVE")
    elif verdict.decision == "NO DECISION" and around:
        _ended(case, "error", "\n".join(around), "the run itself broke")
    else:
        return []
    return [case]


def _ended(case: Xml.Element, tag: str, text: str, kind: str) -> None:
    """`message` is the first line, as attributes hold no line breaks; the text is all of it."""
    fit = _fit(text)
    first = next((line.strip() for line in fit.splitlines() if line.strip()), kind)
    Xml.SubElement(case, tag, message=first, type=kind).text = fit


def _fit(text: str) -> str:
    """The text without secrets, nor what XML cannot hold."""
    return _UNFIT.sub("\N{REPLACEMENT CHARACTER}", mask(text))
