"""A run leaves its pictures where people look: at scenario and run, and on the decision page."""

from __future__ import annotations

import json

from throwaway import GOOD, Suite


def test_scenario_run_and_decision_page_have_their_pictures(suite: Suite) -> None:
    ran = suite.run("--tags=@critical")
    assert ran.decision == "APPROVED", ran.output
    results = ran.folder / "allure-results"
    (scenario,) = ran.results
    attached = {a["name"]: a for a in scenario["attachments"]}
    assert list(attached) == ["What happened, line by line", "What happened, as a picture"]
    picture = attached["What happened, as a picture"]
    assert picture["type"] == "image/svg+xml"
    timeline = (results / picture["source"]).read_text("utf-8")
    assert GOOD in timeline
    assert "Alice" in timeline
    (path,) = results.glob("*-globals.json")
    shown = json.loads(path.read_text("utf-8"))["attachments"]
    titles = [a["name"] for a in shown if a["name"].startswith("Chart: ")]
    assert titles == [
        "Chart: Performance",
        "Chart: Event latency",
        "Chart: Events by type",
        "Chart: User isolation",
        "Chart: The run over time",
        "Chart: Scenario durations",
    ]
    page = (ran.folder / "decision.html").read_text("utf-8")
    assert page.count("<figure>") == len(titles)
