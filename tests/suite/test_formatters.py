"""Every formatter of behave may write its file beside a gate, and changes no verdict."""

from __future__ import annotations

import json
import xml.etree.ElementTree as Xml

import pytest
from behave.formatter._registry import format_items
from throwaway import Ran, Suite, agree

#: All that `behave --format help` lists; the suite brings its own for Allure.
FORMATTERS = sorted(name for name, _ in format_items(resolved=True))
#: These have nothing to say about a suite without bad or missing steps, or never say anything.
SILENT = {"null", "steps.bad", "steps.missing", "rerun"}


def with_every_formatter(suite: Suite) -> Ran:
    options = [word for name in FORMATTERS for word in ("-f", name, "-o", f"said/{name}")]
    return suite.run("--tags=@critical", "--junit", "--junit-directory=said/junit", *options)


@pytest.mark.parametrize("decision", ["APPROVED", "REJECTED"])
def test_every_formatter_writes_its_file_whatever_the_verdict(suite: Suite, decision: str) -> None:
    if decision == "REJECTED":
        suite.scenario("it goes wrong")
    ran = with_every_formatter(suite)
    agree(ran, decision)
    said = suite.folder / "said"
    wrong = {"Trap": "failed"} if decision == "REJECTED" else {}
    features = json.loads((said / "json").read_text("utf-8"))
    assert {f["name"]: f["status"] for f in features} == {
        "Users never see each other's events": "passed",
        **wrong,
    }
    assert len(list((said / "junit").glob("*.xml"))) == len(features)
    for path in (said / "junit").glob("*.xml"):
        Xml.parse(path)
    empty = {n for n in FORMATTERS if (said / n).is_file() and not (said / n).stat().st_size}
    assert empty <= SILENT
    assert (said / "rerun").exists() is bool(wrong)  # it names the scenarios that failed


@pytest.mark.parametrize("name", ["json", "progress3", "steps.usage", "tags"])
def test_one_formatter_with_a_file_keeps_its_approval(suite: Suite, name: str) -> None:
    ran = suite.run("--tags=@critical", "-f", name, "-o", "said.txt")
    agree(ran, "APPROVED")
    assert (suite.folder / "said.txt").stat().st_size > 0


def test_a_formatter_that_breaks_is_named_and_the_verdict_stands(suite: Suite) -> None:
    suite.write(
        "breaking.py",
        """
        from behave.formatter.base import Formatter

        class Breaking(Formatter):
            name = "breaking"
            def result(self, step):
                raise SystemExit("no ink left")
        """,
    )
    ran = suite.run("--tags=@critical", "-f", "breaking:Breaking", env={"PYTHONPATH": path(suite)})
    agree(ran, "APPROVED")
    assert "The formatter breaking broke and is incomplete (SystemExit: no ink left)" in ran.output


def path(suite: Suite) -> str:
    return f"{suite.folder}:{suite.environment()['PYTHONPATH']}"
