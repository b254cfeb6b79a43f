"""The report as a person meets it: opened from the disk, in a browser, from verdict to picture.

A rejected gate run is made for it, of the suite's own isolation scenarios against a leaky build.
Left out where no Chromium is installed, and in CI, where a browser would be one more thing to fail.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from chromium import NAMES, Chromium, Page, installed

from support.report.allure.html import HERE, INSTALL

ROOT = Path(__file__).resolve().parents[2]
SCENARIO = "Two users at work see their own events and nothing of each other"
DECISION = 1  # the number of the frame that holds it
ALLURE = HERE / "node_modules" / "allure" / "cli.js"

pytestmark = [
    pytest.mark.skipif(bool(os.environ.get("CI")), reason="no browser is tested in CI"),
    pytest.mark.skipif(
        installed() is None, reason=f"no browser is installed (looked for {', '.join(NAMES)})"
    ),
    pytest.mark.skipif(not ALLURE.is_file(), reason=f"Allure is not installed: {INSTALL}"),
]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a gate run over the isolation scenarios, against a service that leaks."""
    folder = tmp_path_factory.mktemp("gate")
    for name in ("pyproject.toml", "environment.py"):
        shutil.copy(ROOT / name, folder)
    shutil.copytree(ROOT / "steps", folder / "steps", ignore=shutil.ignore_patterns("__*"))
    (folder / "features" / "security").mkdir(parents=True)
    shutil.copy(ROOT / "features/security/isolation.feature", folder / "features" / "security")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("GREENLIGHT_", "BEHAVE"))}
    done = subprocess.run(
        [sys.executable, "-m", "behave", "--tags=@critical", "-D", "defect=events-to-everyone"],
        cwd=folder,
        env={**kept, "PYTHONPATH": str(ROOT), "GREENLIGHT_REPORTS": str(folder / "reports")},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert "REJECTED" in done.stdout, done.stdout + done.stderr
    return folder / "reports" / "latest" / "allure-report" / "index.html"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    """One browser for all of these tests."""
    with Chromium(tmp_path_factory.mktemp("profile")) as browser:
        yield browser


@pytest.fixture(params=[1400, 800], ids=["wide", "narrow"])
def page(browser: Chromium, report: Path, request: pytest.FixtureRequest) -> Iterator[Page]:
    """The report, opened from its file; afterwards, nothing was called an error, nor fetched."""
    page = browser.open(report, width=request.param)
    page.waits_for("document.querySelector('#app')?.innerText.length > 100")
    yield page
    assert page.errors == []
    assert {url.partition(":")[0] for url in page.requested} <= {"file", "data", "blob"}


def test_the_verdict_the_reason_and_the_criteria_are_seen_first(page: Page) -> None:
    assert "REJECTED" in page.value("document.querySelector('#greenlight .bar').innerText")
    text = page.waits_for("document.querySelector('footer') && document.body.innerText", DECISION)
    shown = ["REJECTED", "Why", "Acceptance criteria", "What to do now", "not met"]
    assert [words for words in shown if words not in text] == []
    seen = page.value("document.querySelector('h1').getBoundingClientRect().bottom", DECISION)
    assert seen < 400, "the word is on the first screen"


def test_the_decision_is_not_hidden_while_the_rest_is_loading(
    browser: Chromium, report: Path
) -> None:
    page = browser.open(report)
    page.waits_for("document.querySelector('footer') !== null", DECISION)
    on_top = "document.elementFromPoint(innerWidth / 2, innerHeight / 2).closest('#greenlight')"
    assert page.value(f"{on_top} !== null"), "Allure's own screen covers the decision"


def test_no_number_and_no_head_of_the_criteria_is_broken_into_lines(page: Page) -> None:
    cells = 'document.querySelectorAll("table:not(.runs) thead th, td[data-head=Samples]")'
    assert page.waits_for(f"{cells}.length", DECISION) > 5
    lines = "(c) => { const r = document.createRange(); r.selectNodeContents(c);"
    lines += " return new Set([...r.getClientRects()].map((b) => b.top)).size; }"
    assert page.value(f"Math.max(...[...{cells}].map({lines}))", DECISION) == 1


def test_the_decision_page_shows_its_pictures_within_its_width(page: Page) -> None:
    pictures = page.waits_for("document.querySelectorAll('figure svg').length", DECISION)
    assert pictures >= 2
    assert page.value("document.querySelector('.charts').innerText", DECISION)
    over = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.value(over, DECISION) <= 0


def test_the_decision_is_dark_where_that_is_preferred_and_white_on_paper(page: Page) -> None:
    background = "getComputedStyle(document.body).backgroundColor"
    page.waits_for("document.querySelector('footer') !== null", DECISION)
    seen = {}
    for scheme, media in (("light", "screen"), ("dark", "screen"), ("dark", "print")):
        page.emulates(scheme, media)
        seen[scheme, media] = page.value(background, DECISION)
    assert seen == {
        ("light", "screen"): "rgb(255, 255, 255)",
        ("dark", "screen"): "rgb(20, 24, 29)",
        ("dark", "print"): "rgb(255, 255, 255)",
    }


def test_what_is_folded_is_open_on_paper_and_reached_by_keyboard(page: Page) -> None:
    page.waits_for("document.querySelector('footer') !== null", DECISION)
    folded = "[...document.querySelectorAll('details > ul')].map(e => e.checkVisibility())"
    assert set(page.value(folded, DECISION)) == {False}
    page.emulates("light", "print")
    assert set(page.value(folded, DECISION)) == {True}
    missed = "[...document.querySelectorAll('a, summary')].filter(e => e.tabIndex < 0).length"
    assert page.value(missed, DECISION) == 0


def test_a_failing_scenario_shows_its_transcript_and_its_timeline(page: Page) -> None:
    page.click("Every scenario in detail")
    page.click(SCENARIO)
    page.waits_for("document.body.innerText.includes('received the secret of')")
    page.click("Attachments")
    page.waits_for("!document.body.innerText.includes('Test body')")  # the other tab is gone
    page.click("What happened, line by line")
    page.waits_for("document.body.innerText.includes('scenario started')")
    page.click("What happened, as a picture")
    wide = (
        "Math.max(0, ...[...document.querySelectorAll('#app img')]"
        ".filter(i => i.complete && i.naturalWidth === 900).map(i => i.clientWidth))"
    )
    assert page.waits_for(wide) >= 500


@pytest.mark.parametrize("frame", [0, DECISION], ids=["by itself", "in the report"])
def test_a_reason_is_copied_as_text(browser: Chromium, report: Path, frame: int) -> None:
    page = browser.open(report if frame else report.parent.parent / "decision.html")
    button = "document.querySelector('ol.causes button')"
    page.waits_for(f"{button}?.checkVisibility()", frame)
    page.value(f"{button}.click()", frame, by_user=True)
    page.waits_for(f"{button}.innerText === 'Copied'", frame)
    reason, *_, guilty = page.copied().splitlines()
    assert reason.startswith("Data leak: ")
    assert page.copied().count("\nRerun: behave -D defect=events-to-everyone features/") == 1
    assert guilty.startswith("✘ ")
    assert page.errors == []


def test_no_button_is_shown_where_nothing_can_be_copied(browser: Chromium, report: Path) -> None:
    text = (report.parent.parent / "decision.html").read_text(encoding="utf-8")
    unscripted = report.with_name("unscripted.html")
    unscripted.write_text(re.sub("; script-src '[^']*'", "", text), encoding="utf-8")
    page = browser.open(unscripted)
    button = "document.querySelector('ol.causes button')"
    page.waits_for("document.querySelector('footer') !== null")
    assert page.value(f"{button}.checkVisibility()") is False
    (refused,) = page.errors
    assert "inline script" in refused


def test_a_reason_leads_to_all_that_is_shown_of_its_scenario(page: Page) -> None:
    link = "document.querySelector('ol.causes a')"
    name = page.waits_for(f"{link}?.textContent", DECISION)
    page.value(f"{link}.closest('details').open = true; {link}.click()", DECISION)
    page.waits_for("location.hash.length > 1")
    page.waits_for("!document.querySelector('#greenlight').classList.contains('open')")
    shown = "document.querySelector('#app').innerText"
    page.waits_for(f"{shown}.includes({json.dumps(name)}) && {shown}.includes('Test body')")
