"""The timeline of a scenario: a lane for every device, a mark for every event, trouble in words."""

from __future__ import annotations

import re
import time
from typing import Any
from xml.etree import ElementTree

import pytest
from histories import ALICE, BOB, Tape
from hypothesis import given, settings
from hypothesis import strategies as st

from support.journal import History, facts, records
from support.report.charts import scenario_chart
from support.report.charts.lanes import KINDS, story_of
from support.report.charts.timeline import LOOK, MOST_HAPPENINGS, MOST_LANES, timeline

SVG = "{http://www.w3.org/2000/svg}"
MOST_BYTES = 60_000


def drawn(tape: Tape) -> ElementTree.Element:
    return ElementTree.fromstring(timeline(tape.history))


def words(tape: Tape) -> list[str]:
    return [text.text or "" for text in drawn(tape).iter(f"{SVG}text")]


def marks(tape: Tape, kind: str) -> int:
    """How many marks of a kind stand in the lanes: its path has as many pieces, the legend one."""
    found = [p for p in drawn(tape).iter(f"{SVG}path") if p.get("fill") == LOOK[kind][1]]
    return sum((path.get("d") or "").count("M") for path in found) - bool(found)


@pytest.fixture
def tape() -> Tape:
    tape = Tape()
    tape.starts("Two people chat")
    return tape


@pytest.fixture
def chat(tape: Tape) -> Tape:
    for user in (ALICE, BOB):
        tape.comes(user)
    tape.at += 0.5
    for user in (ALICE, BOB):
        tape.run(user, run=f"r-{user}", tools=2)
    return tape


def test_every_person_has_a_lane_and_every_event_a_mark(chat: Tape) -> None:
    said = words(chat)
    assert [said.count(name) for name in ("Alice", "Bob")] == [1, 1]
    assert "Two people chat" in said
    for event in facts.REQUIRED_EVENTS:
        assert event in said, "the legend tells it"
    assert marks(chat, facts.STARTED) == marks(chat, facts.COMPLETED) == 2


def test_a_second_device_has_a_lane_of_its_own_and_a_second_connection_has_not(tape: Tape) -> None:
    tape.comes(ALICE)
    tape.comes(ALICE)
    assert [lane.name for lane in story(tape).lanes] == ["Alice", "Alice, device 2"]
    tape.ends(ALICE)
    tape.comes(ALICE)
    lanes = story(tape).lanes
    assert [len(lane.spans) for lane in lanes] == [1, 2]


def story(tape: Tape) -> Any:
    found = story_of(tape.history)
    assert found is not None
    return found


def test_a_cut_is_reported_and_the_time_without_a_connection_is_shaded(tape: Tape) -> None:
    tape.comes(ALICE)
    tape.cut(ALICE)
    tape.at += 2
    tape.comes(ALICE)
    tape.run(ALICE)
    said = words(tape)
    assert "away 2.0 s" in said
    assert "no connection" in said
    assert sum("Alice's connection is cut" in line for line in said) == 1


def test_a_restart_is_a_band_over_everybody(chat: Tape) -> None:
    chat.add(records.Control, action="kill")
    for user in (ALICE, BOB):
        chat.ends(user, by="network", code=None)
    chat.at += 1
    chat.add(records.Control, action="start", done=True, took_ms=900)
    for user in (ALICE, BOB):
        chat.comes(user)
    assert "the service was down, 1.0 s" in words(chat)
    assert any("the service is killed" in line for line in words(chat))


def test_what_is_somebody_elses_is_marked_and_named_once(chat: Tape) -> None:
    for _ in range(3):
        chat.at += 0.1
        chat.hears(BOB, facts.Ignored(type="x"), mentions=(f"canary:{ALICE}",))
    told = [line for line in words(chat) if "Bob received data of Alice" in line]
    assert len(told) == 1
    assert "the secret" in told[0]
    assert marks(chat, "leaked") >= 3


@pytest.mark.parametrize(
    ("agreed", "wrong"), [(True, False), (False, True)], ids=["as agreed", "otherwise"]
)
def test_a_refusal_is_wrong_only_where_it_was_not_agreed(
    tape: Tape, agreed: bool, wrong: bool
) -> None:
    tape.refused(ALICE, agreed=agreed)
    (happening,) = story(tape).happenings
    assert happening.wrong is wrong
    assert ("not connected" in words(tape)) is wrong


def test_what_happens_to_many_alike_is_reported_once(tape: Tape) -> None:
    people = [f"s01/Person{number}" for number in range(1, 6)]
    for user in people:
        tape.comes(user)
    for user in people:
        tape.cut(user)
    (line,) = [line for line in words(tape) if "is cut" in line]
    assert line.endswith("Person1's connection is cut; also 4 others")


def test_fifty_people_have_as_many_lanes_as_can_be_read_and_the_rest_is_counted(tape: Tape) -> None:
    people = [f"s01/Person{number}" for number in range(1, 51)]
    for user in people:
        tape.comes(user)
        tape.run(user, run=f"r-{user}")
    tape.add(records.WaitTimedOut, user=people[-1], waited_for="agent_completed", limit_s=5.0)
    said = words(tape)
    assert sum(line.startswith("Person") and line[6:].isdigit() for line in said) == MOST_LANES
    assert f"and {50 - MOST_LANES} more" in said
    assert "Person50" in said, "everyone who had trouble is shown"
    assert len(timeline(tape.history)) < MOST_BYTES


def test_a_flood_of_events_stays_small_and_says_that_marks_stand_for_several(tape: Tape) -> None:
    people = [f"s01/Person{number}" for number in range(1, 13)]
    for user in people:
        tape.comes(user)
    for number in range(40):
        for user in people:
            tape.run(user, f"q{number}", f"r-{user}-{number}", tools=3)
    assert len(timeline(tape.history)) < MOST_BYTES
    assert any("one stands for several" in line for line in words(tape))


def test_many_happenings_are_counted_after_the_first(tape: Tape) -> None:
    tape.comes(ALICE)
    for number in range(30):
        tape.at += 0.1
        tape.add(records.WaitTimedOut, user=ALICE, waited_for=f"event {number}", limit_s=1.0)
    said = words(tape)
    assert sum("gave up" in line for line in said) == MOST_HAPPENINGS
    assert any(line.startswith(f"and {30 - MOST_HAPPENINGS} more") for line in said)


def test_nobody_there_makes_no_picture(tape: Tape) -> None:
    assert scenario_chart(History([])) == ""
    assert scenario_chart(tape.history) == ""


def test_every_kind_of_mark_has_its_own_look() -> None:
    assert set(LOOK) == set(KINDS)
    assert len(set(LOOK.values())) == len(LOOK)


def test_words_say_the_same_to_those_who_cannot_see(chat: Tape) -> None:
    chat.cut(ALICE)
    told = drawn(chat).findtext(f"{SVG}desc") or ""
    assert "Lanes: Alice, Bob. 14 events reached them" in told
    assert "Alice's connection is cut" in told


def test_a_typical_scenario_takes_no_time_to_speak_of(chat: Tape) -> None:
    took = []
    for _ in range(5):
        history = chat.history
        begun = time.perf_counter()
        timeline(history)
        took.append(time.perf_counter() - begun)
    assert min(took) < 0.02


def test_marks_are_distinguished_without_colour(chat: Tape) -> None:
    chat.cut(ALICE)
    chat.comes(ALICE)
    picture = timeline(chat.history)
    assert "greenlight-away" in picture, "shades are hatched"
    outlines = {kind: re.sub(r"\d", "", shape_of(kind)) for kind in facts.REQUIRED_EVENTS}
    assert len(set(outlines.values())) == len(outlines)


def shape_of(kind: str) -> str:
    from support.report.charts.style import shape

    return shape(LOOK[kind][0], 100, 100)


HOSTILE = st.text(max_size=40) | st.sampled_from(
    ["</text><script>alert(1)</script>", "]]>", "\x00\x1b[2J", "\ud800", "&amp;<b>", "a" * 5000]
)


@settings(max_examples=60)
@given(name=HOSTILE, text=HOSTILE, code=st.none() | st.integers(0, 70_000))
def test_no_name_and_no_text_can_become_markup(name: str, text: str, code: int | None) -> None:
    tape = Tape()
    user = f"s01/{name}"
    tape.starts(text)
    tape.comes(user)
    tape.event(user, facts.Event(type=text, problems=(text,)))
    tape.hears(user, facts.Unreadable(why=text), mentions=(f"canary:{text}", f"user:{ALICE}"))
    tape.add(records.Fault, name=text, connection="", user="", detail=text)
    tape.add(records.WaitTimedOut, user=user, waited_for=text, limit_s=1.0)
    tape.ends(user, by="target", code=code, reason=text)
    picture = scenario_chart(tape.history)
    tags = {element.tag.removeprefix(SVG) for element in ElementTree.fromstring(picture).iter()}
    known = {"svg", "title", "desc", "defs", "pattern", "path", "rect", "circle", "text", "g"}
    assert tags <= known
    assert "could not be drawn" not in picture
    assert len(picture) < MOST_BYTES


def test_secrets_are_masked(tape: Tape) -> None:
    tape.comes(ALICE)
    tape.add(records.WaitTimedOut, user=ALICE, waited_for="x password=hunter22", limit_s=1.0)
    assert "hunter22" not in timeline(tape.history)
