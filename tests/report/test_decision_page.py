"""The page an approver reads: complete, in order, self-contained, and safe with any text."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser
from importlib.resources import files

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from report_samples import CRITERIA, outcome, verdict

from support.approval.criteria import CRITERIA as CRITERIA_KNOWN
from support.approval.model import CiJob, CriterionResult, Decision, NotAssessed, RootCause
from support.config.environment import REFERENCE_NAME
from support.report.charts import Chart
from support.report.gaps import by_reason
from support.report.guilty import Shown
from support.report.render import decision_html, decision_markdown
from support.report.rerun import Rerun
from support.report.rows import criterion_row
from support.report.view import view_of

OUTCOMES = [
    outcome(name="Alice talks", duration_s=1.2),
    outcome(
        id="b",
        name="Bob is kept apart",
        category="security",
        status="failed",
        reason="Bob saw it.",
        critical=True,
    ),
    outcome(id="c", name="Nobody asked", selected=False),
    outcome(id="d", name="It comes back", category="resilience", status="not_run"),
]


class Reader(HTMLParser):
    """The tags and the text of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.words: list[str] = []
        self.links: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [v or "" for k, v in attrs if k in ("src", "href", "srcset", "action")]
        assert not [k for k, _ in attrs if k.startswith("on")]

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


@pytest.mark.parametrize("decision", ["APPROVED", "REJECTED", "INCONCLUSIVE", "NO DECISION"])
def test_the_word_comes_first_with_a_shape_and_its_meaning(decision: Decision) -> None:
    page = Reader(decision_html(view_of(verdict(decision), OUTCOMES), framed=True))
    body = page.text.partition("} ")[2]
    assert page.tags.count("h1") == 1
    assert decision in body[body.rindex("}") + 1 :][:60]
    assert (
        decision_markdown(view_of(verdict(decision), OUTCOMES)).splitlines()[0].endswith(decision)
    )


def test_the_page_is_in_the_order_an_approver_asks() -> None:
    for page in (
        Reader(decision_html(view_of(verdict(), OUTCOMES))).text,
        decision_markdown(view_of(verdict(), OUTCOMES)),
    ):
        wanted = [
            "REJECTED",
            "chat.staging.example",
            "2025.11.3",
            "staging",
            "21 November 2025, 02:00:00 UTC",
            "Run by",
            "octocat (GitHub Actions)",
            "9f2c1e44d0a7b3c5",
            "Why",
            "Bob received 2 events",
            "Not assessed",
            "The deployment cannot.",
            "Reconnect storms",
            "Acceptance criteria",
            "Users are isolated",
            "1 violation",
            "0 violations",
            "412",
            "Average event latency",
            "What to do now",
            "Fix the isolation",
            "Scenarios",
            "Run details",
            "9f2c1e44d0a7b3c5",
        ]
        at = 0
        for words in wanted:
            at = page.index(words, at)


JOB = CiJob(
    service="GitHub Actions",
    url="https://github.com/octo/chat/actions/runs/16/attempts/1",
    commit="3f2a1b9c0d1e4f5a6b7c8d9e0f1a2b3c4d5e6f70",
    ref="feature/tools",
)


def test_the_job_that_ran_the_suite_is_linked_and_is_not_the_build() -> None:
    view = view_of(verdict(ci=JOB), OUTCOMES)
    page, text = decision_html(view), decision_markdown(view)
    assert f'CI job</dt><dd>GitHub Actions, <a href="{JOB.url}" ' in page
    assert f"- CI job: GitHub Actions, <{JOB.url}>" in text
    for found in (Reader(page).text, text):
        assert "3f2a1b9c0d1e (feature/tools)" in found
        assert "2025.11.3" in found
    assert dict(view.details)["Build"] == "2025.11.3"
    assert dict(view.details)["CI job"] == f"GitHub Actions, {JOB.url}"


def test_outside_of_ci_nothing_is_said_of_a_job() -> None:
    view = view_of(verdict(), OUTCOMES)
    for page in (decision_html(view), decision_markdown(view), str(view.details)):
        assert "CI job" not in page


def test_what_a_job_does_not_tell_leaves_no_empty_row() -> None:
    view = view_of(verdict(ci=CiJob(service="Jenkins")), OUTCOMES)
    assert [name for name, _ in view.details if name.startswith("CI")] == ["CI job"]
    assert "Jenkins, " not in Reader(decision_html(view)).text


@pytest.mark.parametrize(
    "text", ["javascript:alert(1)", '"><img src=x>', "https://a:hunter22@ci.example/1", "a\nb"]
)
def test_no_job_in_forged_evidence_can_become_markup_or_a_link(text: str) -> None:
    view = view_of(verdict(ci=CiJob(service=text, url=text, commit=text, ref=text)), OUTCOMES)
    page = Reader(decision_html(view, framed=True))
    assert page.tags.count("img") == page.tags.count("script") == 0
    assert [link for link in page.links if not link.startswith(("#", "https://ci.example/1"))] == []
    assert "hunter22" not in decision_html(view) + decision_markdown(view)


def passed(name: str, title: str, measured: str, limit: str) -> CriterionResult:
    return CriterionResult(name=name, title=title, state="pass", measured=measured, limit=limit)


def test_an_approval_says_what_was_shown_and_what_was_not_assessed_each_cause_once() -> None:
    tls = "this environment does not use TLS (ws://): assess it on staging"
    isolation = passed(
        "user_isolation",
        "Users never see each other's events",
        "0 leaks in 18,712 messages",
        "0 leaks",
    )
    speed = passed("p95_latency", "Event latency, 95th percentile", "1.4 ms", "≤ 500 ms")
    judged = verdict(
        "APPROVED",
        reasons=("All 192 selected scenarios and 12 criteria passed.",),
        criteria=(isolation, speed),
        not_assessed=tuple(NotAssessed(what=f"TLS {n}", why=tls) for n in range(4)),
    )
    for page in (
        Reader(decision_html(view_of(judged, OUTCOMES))).text,
        decision_markdown(view_of(judged, OUTCOMES)),
    ):
        shown = page.partition("What was shown")[2]
        assert "All 192 selected scenarios" in shown
        assert "User isolation: 0 leaks in 18,712 messages." in shown
        assert "Event latency, 95th percentile: 1.4 ms (limit: ≤ 500 ms)." in shown
        assert "This approval is valid without these" in shown
        assert page.count("This environment does not use TLS") == 1
        assert "Why" not in page


def test_the_page_says_how_what_failed_runs_again() -> None:
    command = "behave features/a.feature:12"
    page = Reader(decision_html(view_of(verdict(), OUTCOMES, rerun=Rerun(command)))).text
    assert f"To rerun the failed scenarios: {command}" in page
    some = Rerun(command, "the first 10 of 12")
    page = Reader(decision_html(view_of(verdict(), OUTCOMES, rerun=some))).text
    assert f"To rerun the failed scenarios (the first 10 of 12): {command}" in page


def test_what_a_reason_begins_with_is_not_said_twice() -> None:
    (gap,) = by_reason([NotAssessed(what="Latency", why="Latency: 21 events are too few.")])
    assert (gap.why, gap.what) == ("21 events are too few.", "Latency")


def test_an_approval_of_the_bundled_reference_says_so() -> None:
    judged = verdict("APPROVED", target=REFERENCE_NAME)
    assert "may be deployed" not in decision_html(view_of(judged))
    assert "Your deployment was not tested." in decision_html(view_of(judged))
    rejected = decision_html(view_of(verdict("REJECTED", target=REFERENCE_NAME)))
    assert "This build must not be deployed." in rejected


def test_scenarios_stand_under_their_capability_and_the_worst_come_first() -> None:
    more = [*OUTCOMES, outcome(id="e", name="A leak", category="security", status="passed")]
    text = Reader(decision_html(view_of(verdict(), more))).text
    places = [
        text.index(words)
        for words in (
            "Privacy & security",
            "1 of 2 passed, 1 failed",
            "Bob is kept apart",
            "A leak",
            "Recovery",
            "It comes back",
            "Conversations",
            "Alice talks",
        )
    ]
    assert places == sorted(places)
    assert "Nobody asked" not in text


def test_nothing_is_fetched_and_nothing_runs_in_a_frame() -> None:
    page = decision_html(view_of(verdict(), OUTCOMES), framed=True)
    reader = Reader(page)
    assert "script-src" not in page
    assert not {"script", "link", "img", "iframe", "object", "form", "base"} & set(reader.tags)
    assert {link[:1] for link in reader.links} == {"#"}  # within the page alone
    assert "url(" not in page
    assert "@import" not in page
    assert len(page) < 100_000


def test_by_itself_only_the_script_that_copies_errors_may_run() -> None:
    page = decision_html(view_of(verdict(), OUTCOMES))
    (script,) = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert "default-src 'none'; " in page
    assert f"script-src 'sha256-{digest}'\"" in page
    assert "<script" not in decision_html(view_of(verdict("APPROVED"), OUTCOMES))


def test_a_reason_can_be_copied_with_all_that_a_ticket_needs() -> None:
    text = "Bob received 2 events that belong to Alice."
    cause = RootCause(code="x", severity="isolation", text=text, scenarios=("b",), scenario="b")
    view = view_of(
        verdict(causes=(cause,), target="wss://alice:hunter22@chat.example/ws"),
        OUTCOMES,
        lines={text: Shown(["  0.1  Bob    ← a & b", "✘ 0.2  Bob    ← <secret of Alice>"], "")},
        reruns={text: Rerun("behave features/functional/talk.feature:3", "with the same settings")},
    )
    assert view.causes[0].as_text.splitlines() == [
        text,
        "",
        "wss://chat.example/ws, build 2025.11.3, in staging",
        "Scenario: Bob is kept apart (features/functional/talk.feature:3)",
        "Rerun: behave features/functional/talk.feature:3",
        "(with the same settings)",
        "Evidence digest: 9f2c1e44d0a7b3c5",
        "",
        "  0.1  Bob    ← a & b",
        "✘ 0.2  Bob    ← <secret of Alice>",
    ]
    assert '&lt;secret of Alice&gt;">Copy error as text</button>' in decision_html(view)


def test_a_reason_without_an_example_is_copied_without_one() -> None:
    (row,) = view_of(verdict(), OUTCOMES).causes
    assert row.as_text.splitlines()[2:] == [
        "https://chat.staging.example, build 2025.11.3, in staging",
        "Evidence digest: 9f2c1e44d0a7b3c5",
    ]


def test_pictures_are_part_of_the_page_and_fetch_nothing() -> None:
    svg = '<svg xmlns="http://www.w3.org/2000/svg"><title>Speed</title></svg>'
    reader = Reader(
        decision_html(view_of(verdict(), OUTCOMES, charts=[Chart("speed", "Speed", svg)]))
    )
    assert reader.tags.count("figure") == reader.tags.count("svg") == 1
    assert {link[:1] for link in reader.links} == {"#"}  # within the page alone
    assert reader.text.index("Not assessed") < reader.text.index("Charts Speed")
    assert "Charts" not in Reader(decision_html(view_of(verdict(), OUTCOMES))).text


def test_the_page_has_landmarks_captions_and_links_that_lead_somewhere() -> None:
    page = decision_html(view_of(verdict(), OUTCOMES))
    reader = Reader(page)
    for landmark in ("header", "nav", "main", "footer"):
        assert reader.tags.count(landmark) == 1, landmark
    assert reader.tags.count("table") == reader.tags.count("caption") == 1
    assert reader.links
    assert [link for link in reader.links if f'id="{link[1:]}"' not in page] == []


def test_each_criterion_says_what_it_measures() -> None:
    for name, known in CRITERIA_KNOWN.items():
        assert known.definition.endswith("."), name
    judged = verdict(criteria=(msgspec.structs.replace(CRITERIA[0], name="average_latency"),))
    text = Reader(decision_html(view_of(judged, OUTCOMES))).text
    assert "The average of all events: from the event's own timestamp to its arrival" in text


def test_no_criteria_and_no_scenarios_are_said_not_hidden() -> None:
    text = Reader(
        decision_html(view_of(verdict("INCONCLUSIVE", criteria=(), not_assessed=()), []))
    ).text
    assert "No criterion was evaluated" in text
    assert "nothing was tested" in text


def test_a_criterion_left_open_is_listed_as_not_assessed() -> None:
    judged = verdict(not_assessed=())
    for page in (
        Reader(decision_html(view_of(judged, []))).text,
        decision_markdown(view_of(judged, [])),
    ):
        after = page.partition("Not assessed")[2]
        assert "99 of 100 events arrive within" in after
        assert "Everything required was assessed" not in page
    assert "Everything required was assessed" in decision_html(
        view_of(verdict("APPROVED", not_assessed=()), [])
    )


def test_details_are_said_once_and_long_lists_are_counted() -> None:
    details = ("Bob saw it", "bob SAW it.", *(f"Case {n}" for n in range(9)))
    leaky = CriterionResult(
        name="x",
        title="X",
        state="fail",
        measured="m",
        limit="l",
        reason="Bob saw it.",
        details=details,
    )
    text = Reader(decision_html(view_of(verdict(criteria=(leaky,), reasons=()), []))).text
    assert text.casefold().count("bob saw it") == 1
    assert "Case 2 … and 6 more" in text


def test_tokens_and_passwords_are_masked() -> None:
    token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl"
    judged = verdict(reasons=(f"Refused: Bearer {token}",), target="wss://a:hunter22@chat/ws")
    for page in (decision_html(view_of(judged, [])), decision_markdown(view_of(judged, []))):
        assert token not in page
        assert "hunter22" not in page


hostile = st.text(max_size=60) | st.sampled_from(
    ["</style><script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "<!--", "]]>", "&lt;b>"]
)


@settings(deadline=None, max_examples=50)
@given(text=hostile)
def test_no_text_can_become_markup(text: str) -> None:
    criterion = CriterionResult(
        name=text,
        title=text,
        state="fail",
        measured=text,
        limit=text,
        reason=text,
        details=(text,),
    )
    judged = verdict(
        target=text,
        build=text,
        environment=text,
        reasons=(text,) * 3,
        next_step=text,
        criteria=(criterion,),
        not_assessed=(NotAssessed(what=text, why=text),),
        bundle_digest=text,
    )
    scenario = outcome(name=text, reason=text, feature=text, category=text, status="failed")
    calm = verdict(
        target="t",
        build="b",
        environment="e",
        reasons=("r",) * 3,
        next_step="n",
        criteria=(CRITERIA[1],),
        bundle_digest="d",
    )
    expected = Reader(
        decision_html(view_of(calm, [outcome(name="n", reason="r", category="c", status="failed")]))
    )
    found = Reader(decision_html(view_of(judged, [scenario])))
    assert set(found.tags) <= set(expected.tags)
    assert found.tags.count("script") == 1, "ours"
    assert found.tags.count("img") == 0


@settings(deadline=None, max_examples=50)
@given(text=hostile)
def test_no_text_can_break_out_of_the_markdown(text: str) -> None:
    page = decision_markdown(view_of(verdict(reasons=(text,), target=text), [outcome(name=text)]))
    assert len(page.splitlines()) >= 20
    for line in page.splitlines():
        plain = line.replace("\\<", "").replace("\\`", "").replace("\\[", "").replace("\\@", "")
        assert not any(sign in plain for sign in "<`[@")


def test_a_pipe_in_a_cell_stays_in_the_cell() -> None:
    page = decision_markdown(view_of(verdict(build="a | b", environment="x"), []))
    assert "a \\| b" in page


def test_every_grey_text_is_lighter_in_the_dark() -> None:
    styles = files("support.report") / "templates"
    dark = (styles / "decision_dark.css").read_text("utf-8")
    light = (styles / "decision.css").read_text("utf-8")
    grey = re.findall(r"^\s*([^{}\n]+) \{[^}\n]*(?<![-\w])color: #4c5560", light, re.MULTILINE)
    assert len(grey) >= 5
    for selector in ", ".join(grey).split(", "):
        assert re.search(rf"(^|, |\s){re.escape(selector)}(,| \{{)", dark), selector


def test_a_reason_that_only_repeats_the_mark_is_no_note() -> None:
    waived = CriterionResult(
        name="p99",
        title="Event latency, 99th percentile",
        state="waived",
        measured="not measured",
        limit="≤ 1,000 ms",
        samples=0,
        required=False,
        reason="not required in this environment",
    )
    assert criterion_row(waived).notes == []
    other = msgspec.structs.replace(waived, reason="The clocks cannot be compared.")
    assert criterion_row(other).notes == ["The clocks cannot be compared."]
