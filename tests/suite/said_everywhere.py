"""One decision, told in many places: what the verdict says stands in each of them, to the digit.

Nothing of `support` is used in here: words and numbers are compared as a reader would.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

Json = dict[str, Any]
SVG_TEXT = "{http://www.w3.org/2000/svg}text"
#: Where a long reason may be cut; what is compared is its beginning.
MOST_OF_A_REASON = 60
UNMET = ("fail", "invalid", "no_evidence")


def contradictions(folder: Path, said: str, summary: str, outputs: str) -> list[str]:
    """A sentence for each place that does not say what `verdict.json` says.

    `said` is what the terminal showed, `summary` and `outputs` what a GitHub workflow received.
    """
    verdict = json.loads((folder / "verdict.json").read_bytes())
    places = {
        "terminal": said,
        "step summary": summary,
        "workflow outputs": outputs,
        **{n: _text(folder / n) for n in ("decision.html", "decision.md", "pull_request.md")},
        **{n: _text(folder / n) for n in ("execution.log", "junit.xml", "badge.svg")},
        **{p.name: _text(p) for p in _of_allure(folder)},
    }
    plain = {name: plainly(text) for name, text in places.items()}
    plain["junit.xml"] = html.unescape(places["junit.xml"])  # most stands in attributes
    wanted = [
        *_decision(verdict, plain),
        *_reasons(verdict, plain),
        *_scenarios(verdict, plain),
        *_criteria(verdict, plain),
    ]
    found = [
        f"{place} does not say: {words}" for place, words in wanted if words not in plain[place]
    ]
    return [*found, *_drawn(folder, verdict), *_counted(folder, verdict)]


def plainly(text: str) -> str:
    """The words that a reader sees: no markup, no escapes, one blank between two of them."""
    text = re.sub(r"<(?:style|script)\b.*?</(?:style|script)>", " ", text, flags=re.DOTALL)
    text = re.sub(r"</?[a-zA-Z][^>]*>", "", text)
    text = html.unescape(re.sub(r"\\(?=\W|_)", "", text)).replace("\u200b", "").replace("**", "")
    return re.sub(r"\s+", " ", text)


def _text(path: Path) -> str:
    return path.read_text("utf-8")


def _of_allure(folder: Path) -> list[Path]:
    """The decision as Allure shows it first: a page, and the same as Markdown."""
    return sorted((folder / "allure-results").glob("greenlight-decision-attachment.*"))


def _pages(plain: dict[str, str]) -> list[str]:
    """The places that tell everything."""
    return ["decision.html", "decision.md", *(n for n in plain if n.startswith("greenlight-"))]


def _decision(verdict: Json, plain: dict[str, str]) -> Iterator[tuple[str, str]]:
    yield from ((place, verdict["decision"]) for place in plain)
    everything = [*_pages(plain), "pull_request.md", "step summary", "terminal"]
    yield from ((place, verdict["bundle_digest"]) for place in everything)
    yield from ((place, plainly(verdict["next_step"])) for place in everything)
    yield from ((place, f"build {verdict['build']}") for place in everything)


def _reasons(verdict: Json, plain: dict[str, str]) -> Iterator[tuple[str, str]]:
    places = [*_pages(plain), "pull_request.md", "step summary", "workflow outputs", "terminal"]
    places += (
        ["execution.log"] if verdict["decision"] == "APPROVED" else ["execution.log", "junit.xml"]
    )
    for place in places:
        for reason in verdict["reasons"][:3]:
            yield place, plainly(reason)[:MOST_OF_A_REASON].rstrip()


def _scenarios(verdict: Json, plain: dict[str, str]) -> Iterator[tuple[str, str]]:
    selected, passed = verdict["scenarios_selected"], verdict["scenarios_passed"]
    assessed = verdict["scenarios_assessed"]
    told = f"{passed} of {selected} scenarios passed"
    yield from ((place, told) for place in ("pull_request.md", "step summary", "execution.log"))
    yield "terminal", f"{assessed} of {selected} scenarios assessed, {passed} passed"
    for place in _pages(plain):
        yield place, f"{assessed} of {selected} selected scenarios assessed, {passed} passed"


def _criteria(verdict: Json, plain: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Everywhere with its measured value; the terminal names those that stand against approval."""
    places = [*_pages(plain), "pull_request.md", "step summary", "junit.xml"]
    for criterion in verdict["criteria"]:
        yield from ((place, plainly(criterion["measured"])) for place in places)
    against = [c for c in verdict["criteria"] if c["required"] and c["state"] in UNMET]
    for criterion in against[:3]:
        yield (
            "terminal",
            plainly(f"{criterion['title']}: {criterion['measured'] or 'not measured'}"),
        )


def _drawn(folder: Path, verdict: Json) -> Iterator[str]:
    """What a picture shows of a criterion is what was measured."""
    pictures = {
        path.stem: " | ".join(text.text or "" for text in Xml.parse(path).iter(SVG_TEXT))
        for path in (folder / "monitoring").glob("*.svg")
    }
    shown = {
        "average_latency": ("performance", "latency"),
        "p95_latency": ("performance", "latency"),
        "p99_latency": ("performance", "latency"),
        "memory_growth": ("performance",),
    }
    for criterion in verdict["criteria"]:
        if criterion["value"] is None:
            continue
        for name in shown.get(criterion["name"], ()):
            words = f"{criterion['value']:.1f} {criterion['unit']}"
            if name in pictures and words not in pictures[name]:
                yield f"{name}.svg does not say {words} ({criterion['name']})"


def _counted(folder: Path, verdict: Json) -> Iterator[str]:
    """How many scenarios ended how is the same in all that count them."""
    outcomes = json.loads((folder / "outcomes.json").read_bytes())["scenarios"]
    ends = [o["status"] for o in outcomes if o["selected"]]
    root = Xml.parse(folder / "junit.xml").getroot()
    report = json.loads((folder / "validation_report.json").read_bytes())["execution"]["totals"]
    extra = int(verdict["decision"] == "REJECTED"), int(verdict["decision"] == "INCONCLUSIVE")
    told = {
        "junit.xml failures": (root.get("failures"), str(ends.count("failed") + extra[0])),
        "junit.xml errors": (
            root.get("errors"),
            str(ends.count("broken") + ends.count("not_run") + extra[1]),
        ),
        "junit.xml skipped": (root.get("skipped"), str(ends.count("skipped"))),
        **{f"report {end}": (report.get(end), ends.count(end)) for end in ("passed", "failed")},
        "verdict.json passed": (verdict["scenarios_passed"], ends.count("passed")),
        "verdict.json selected": (verdict["scenarios_selected"], len(ends)),
    }
    yield from (
        f"{what}: {shown}, but {true}" for what, (shown, true) in told.items() if shown != true
    )
