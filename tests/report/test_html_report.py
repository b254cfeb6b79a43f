"""The real Allure renders a small results directory into one page that carries the decision."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any

import pytest
from report_samples import LIMITED, outcome, verdict, write_result

from support.approval.model import Verdict
from support.report.allure import html
from support.report.allure.banner import with_decision
from support.report.allure.html import HtmlResult, configuration, generate
from support.report.allure.run_level import write_run_level
from support.report.view import view_of


def page_of(result: HtmlResult) -> str:
    assert result.ok, result.reason
    assert result.index is not None
    return result.index.read_text(encoding="utf-8")


@pytest.fixture
def results(tmp_path: Path) -> Path:
    folder = tmp_path / "allure-results"
    write_result(folder, "Alice talks", "a1")
    write_result(folder, "Bob talks", "b2", "failed")
    write_run_level(folder, view_of(verdict(), [outcome()]))
    return folder


def test_one_quick_page_carries_the_decision_and_fetches_nothing(
    results: Path, tmp_path: Path
) -> None:
    begun = time.monotonic()
    view = view_of(verdict(), [outcome()])
    made = generate(results, tmp_path / "report", view, tmp_path / "h.jsonl")
    took = time.monotonic() - begun
    page = page_of(made)
    assert [p.name for p in (tmp_path / "report").iterdir()] == ["index.html"]
    body = page.split("<body>")[1]
    assert body.index("REJECTED") < body.index('<div id="app">')
    assert "<title> REJECTED — https://chat.staging.example 2025.11.3 </title>" in page
    assert "googletagmanager" not in page
    assert page.index("allureReportDataReady = false") < page.index("<script ")
    assert not re.search(r"""<(?:script|link|img|iframe)[^>]+(?:src|href)=["']https?:""", page)
    assert "Content-Security-Policy" in page
    assert took < 10, f"{took:.1f} s; 3 s on an idle machine are the aim"


def test_history_grows_by_runs_that_decide_and_survives_damage(
    results: Path, tmp_path: Path
) -> None:
    history = tmp_path / "deep" / "history.jsonl"
    page_of(generate(results, tmp_path / "report", view_of(verdict()), history))
    assert len(history.read_text().splitlines()) == 1
    page_of(generate(results, tmp_path / "report", view_of(verdict("NO DECISION")), history))
    assert len(history.read_text().splitlines()) == 1
    history.write_text(history.read_text() + '{"cut": ')
    page_of(generate(results, tmp_path / "report", view_of(verdict()), history))
    assert len(history.read_text().splitlines()) == 1
    assert history.with_name("history.jsonl.broken").is_file()


def test_namesakes_are_two_and_stale_pages_are_replaced(tmp_path: Path) -> None:
    folder = tmp_path / "odd [name] * {a,b}" / "re [sults]"
    write_result(folder, "Twin", "a1")
    write_result(folder, "Twin", "b2", "failed")
    output = tmp_path / "report"
    output.mkdir()
    (output / "index.html").write_text("APPROVED, long ago")
    page = page_of(generate(folder, output, view_of(verdict()), tmp_path / "h.jsonl"))
    assert "long ago" not in page
    entry = json.loads((tmp_path / "h.jsonl").read_text())
    assert sorted(t["status"] for t in entry["testResults"].values()) == ["failed", "passed"]


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        ({"node": Path("nowhere/node")}, "Node is missing. To fix it: make"),
        ({"node_modules": Path("nowhere")}, "Allure is not installed. To fix it: make"),
    ],
)
def test_what_is_missing_is_said_and_no_older_page_is_left(
    results: Path, tmp_path: Path, missing: dict[str, Path], words: str
) -> None:
    output = tmp_path / "report"
    output.mkdir()
    (output / "index.html").write_text("APPROVED, long ago")
    made = generate(results, output, view_of(verdict()), tmp_path / "h.jsonl", **missing)  # type: ignore[arg-type]
    assert not made.ok
    assert words in made.reason
    assert list(output.iterdir()) == []


def test_no_results_a_slow_allure_and_a_useless_folder_never_raise(
    results: Path, tmp_path: Path
) -> None:
    history = tmp_path / "h.jsonl"
    none = generate(tmp_path / "nothing", tmp_path / "report", view_of(verdict()), history)
    assert not none.ok
    assert "no results" in none.reason
    slow = generate(results, tmp_path / "report", view_of(verdict()), history, timeout_s=0.01)
    assert not slow.ok
    assert "did not finish within 0.01 seconds" in slow.reason
    (tmp_path / "file").write_text("")
    useless = generate(results, tmp_path / "file" / "report", view_of(verdict()), history)
    assert not useless.ok
    assert useless.reason


def test_nothing_of_our_environment_reaches_allure(
    results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cli = tmp_path / "modules" / "allure" / "cli.js"
    cli.parent.mkdir(parents=True)
    cli.write_text('console.error("SAW " + process.env.CHAT_PASSWORD); process.exit(3)')
    monkeypatch.setenv("CHAT_PASSWORD", "hunter22")
    made = generate(
        results,
        tmp_path / "report",
        view_of(verdict()),
        tmp_path / "h.jsonl",
        node_modules=tmp_path / "modules",
    )
    assert made == HtmlResult(ok=False, reason="Allure failed: SAW undefined")


def test_hostile_text_stays_text(tmp_path: Path) -> None:
    folder = tmp_path / "allure-results"
    hostile = "</script><script>alert(1)</script><img src=x onerror=alert(1)>"
    write_result(folder, hostile, "a1")
    judged = verdict(target=hostile, build=hostile, reasons=(hostile,), environment=hostile)
    view = view_of(judged, [outcome(name=hostile)])
    write_run_level(folder, view)
    made = generate(folder, tmp_path / "report", view, tmp_path / "h.jsonl")
    assert "<script>alert(1)" not in page_of(made)
    assert "<img src=x" not in page_of(made)


def test_an_empty_directory_is_no_reason_to_hide_the_decision(tmp_path: Path) -> None:
    (tmp_path / "allure-results").mkdir()
    judged = view_of(verdict("INCONCLUSIVE", criteria=()))
    made = generate(tmp_path / "allure-results", tmp_path / "r", judged, tmp_path / "h.jsonl")
    assert "INCONCLUSIVE" in page_of(made).split("<body>")[1]


def test_a_field_allure_does_not_know_is_said_plainly(
    results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wrong(*given: Any) -> dict[str, object]:
        return {**configuration(*given), "colour": "green"}

    monkeypatch.setattr(html, "configuration", wrong)
    made = generate(results, tmp_path / "report", view_of(verdict()), tmp_path / "h.jsonl")
    assert not made.ok
    assert "unsupported fields: colour" in made.reason


def test_a_page_that_looks_different_is_refused() -> None:
    with pytest.raises(ValueError, match="not as expected"):
        with_decision("<html><body></body></html>", view_of(verdict()))


def test_the_configuration_knows_only_what_allure_knows() -> None:
    settings = configuration(verdict(), Path("out"), Path("h.jsonl"))
    assert settings["name"] == "REJECTED — https://chat.staging.example 2025.11.3"
    assert settings["variables"] == {
        "Decision": "REJECTED. This build must not be deployed.",
        "Reason 1": "Bob received 2 events that belong to Alice.",
        "What to do now": "Do not deploy. Fix the isolation of users.",
    }


@pytest.mark.parametrize(("judged", "heading"), LIMITED)
def test_the_bar_and_the_name_of_the_page_say_what_an_approval_is_limited_to(
    results: Path, tmp_path: Path, judged: Verdict, heading: str
) -> None:
    page = page_of(generate(results, tmp_path / "report", view_of(judged), tmp_path / "h.jsonl"))
    assert f"</span> {heading}</strong>" in page
    assert f"<title> {heading} — https://chat.staging.example 2025.11.3 </title>" in page
    settings = configuration(judged, Path("out"), Path("h.jsonl"))
    assert str(settings["variables"]["Decision"]).startswith(f"{heading}. ")  # type: ignore[index]


def test_the_lock_file_names_no_registry() -> None:
    lock = (html.HERE / "package-lock.json").read_text(encoding="utf-8")
    packages = json.loads(lock)["packages"]
    assert packages["node_modules/allure"]["version"] == "3.18.0"
    assert not [name for name, entry in packages.items() if "resolved" in entry]
