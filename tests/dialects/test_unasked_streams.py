"""Events with positions that come without a subscription: what is lost between two is noticed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from histories import Tape

from support.checks.invariants import streams_whole
from support.config import DeploymentError
from support.dialects import Dialect, Person, load_dialect
from support.journal import facts
from support.measures.questions import live_events

USER = "s01/Alice"
FILE = """
format = 2
name = "unasked"
[handshake]
path = "/"
[handshake.ways.header]
[[hello]]
send = { join = "{connection}", since = "{position}" }
wait = "joined"
[send.ask]
message = { via = "{connection}", ask = "{text}", id = "{request_id}" }
[resume]
mode = "%s"
[event.get]
run_id = "id"
position = "n"
[[read]]
when = "joined"
says = "ignored"
[[read]]
when = "step"
says = "agent_thinking"
data = { text = "step" }
[[read]]
when = "done"
says = "agent_completed"
data = { response = "done" }
set = { "data.status" = "succeeded" }
[prompts]
plain = "{tag} {canary}"
"""


def dialect(folder: Path, mode: str = "position") -> Dialect:
    path = folder / "unasked.toml"
    path.write_text(FILE % mode, "utf-8")
    return load_dialect(str(path))


@pytest.mark.parametrize(("start", "since"), [("start = 0", {"since": 0}), ("", {})])
def test_a_device_that_has_read_nothing_comes_back_to_where_the_file_says(
    start: str, since: dict[str, int], tmp_path: Path
) -> None:
    path = tmp_path / "unasked.toml"
    path.write_text(FILE.replace('mode = "%s"', f'mode = "position"\n{start}'), "utf-8")
    person = Person()
    sent = []
    for events in ([], [], [5], []):
        conversation = load_dialect(str(path)).conversation(person)
        conversation.handshake(None, "header", resuming=True)
        (hello,) = conversation.opened(None)
        sent.append({k: v for k, v in json.loads(hello.text).items() if k == "since"})
        conversation.read(json.dumps({"joined": True}))
        for number in events:
            conversation.read(json.dumps({"id": "r-1", "n": number, "step": "hm"}))
        conversation.over()
    assert sent == [{}, since, since, {"since": 5}]


def test_a_start_where_nothing_is_resumed_is_a_contradiction(tmp_path: Path) -> None:
    path = tmp_path / "unasked.toml"
    path.write_text(FILE.replace('mode = "%s"', 'mode = "live"\nstart = 0'), "utf-8")
    with pytest.raises(DeploymentError, match="never be used"):
        load_dialect(str(path))


def story(unasked: Dialect, *connections: list[int]) -> tuple[str, str]:
    """What is found where these events arrive, on one connection after another."""
    tape, person = Tape(), Person()
    for events in connections:
        tape.tries(USER, expect="admitted")
        conversation = unasked.conversation(person)
        conversation.handshake(None, "header", resuming=True)
        conversation.opened(None)
        frames = [json.dumps({"joined": True})]
        frames += [json.dumps({"id": "r-1", "n": number, "step": "hm"}) for number in events]
        for frame in frames:
            tape.hears(USER, *conversation.read(frame).facts)
        conversation.over()
        tape.cut(USER)
    finding = streams_whole()(tape.history)
    return finding.state, finding.summary


@pytest.mark.parametrize(
    ("mode", "connections", "found"),
    [
        ("position", ([1, 2], [3, 4]), ("passed", "no gap, no double in 4 events")),
        ("position", ([7, 8], [9]), ("passed", "no gap, no double in 3 events")),
        ("position", ([1, 2], [4]), ("failed", "Alice: event 3 is missing (2 was followed by 4)")),
        ("position", ([1, 3],), ("failed", "Alice: event 2 is missing (1 was followed by 3)")),
        ("position", ([1, 2], [2, 3]), ("failed", "Alice: event 2 came twice")),
        ("live", ([1, 2], [9, 10]), ("passed", "no gap, no double in 4 events")),
        ("live", ([1, 2], [1, 2]), ("passed", "no gap, no double in 4 events")),
        (
            "live",
            ([1, 2], [9, 11]),
            ("failed", "Alice: event 10 is missing (9 was followed by 11)"),
        ),
    ],
)
def test_a_gap_is_found_without_a_subscription(
    mode: str, connections: tuple[list[int], ...], found: tuple[str, str], tmp_path: Path
) -> None:
    text = FILE if mode == "position" else FILE.replace(', since = "{position}"', "")
    (tmp_path / "unasked.toml").write_text(text % mode, "utf-8")
    assert story(load_dialect(str(tmp_path / "unasked.toml")), *connections) == found


def test_what_is_told_again_has_no_place_of_its_own(tmp_path: Path) -> None:
    (event,) = dialect(tmp_path, "replay_all").read('{"id": "r-1", "n": 3, "step": "hm"}')
    assert isinstance(event, facts.Event)
    assert event.position is None


def test_resumes_by_announced_positions_are_not_offered(tmp_path: Path) -> None:
    assert not dialect(tmp_path).decides["positions"]
    assert load_dialect("agent-chat-v1").decides["positions"]


def test_a_question_names_the_connection_it_travels_on(tmp_path: Path) -> None:
    unasked, person = dialect(tmp_path), Person()
    names = []
    for _ in range(2):
        conversation = unasked.conversation(person)
        conversation.handshake(None, "header")
        (joins,) = conversation.opened(None)
        asks = unasked.speaker(person).ask("q-1", "Good morning")
        assert json.loads(asks.text)["via"] == json.loads(joins.text)["join"]
        names.append(json.loads(asks.text)["via"])
    conversation.over()
    left = json.loads(unasked.speaker(person).ask("q-2", "Good evening").text)["via"]
    assert [left, len(set(names))] == [names[0], 2]


def test_a_device_that_has_read_nothing_comes_back_to_where_it_was_greeted(tmp_path: Path) -> None:
    path = tmp_path / "unasked.toml"
    greeting = 'says = "ready"\nget = { position = "newest" }'
    file = FILE.replace('says = "ignored"', greeting, 1) % "position"
    path.write_text(file, "utf-8")
    person, sent = Person(), []
    for newest in (7, 9):
        conversation = load_dialect(str(path)).conversation(person)
        conversation.handshake(None, "header", resuming=True)
        (hello,) = conversation.opened(None)
        sent.append({k: v for k, v in json.loads(hello.text).items() if k == "since"})
        conversation.read(json.dumps({"joined": True, "newest": newest}))
        conversation.over()
    assert sent == [{}, {"since": 7}]


@pytest.mark.parametrize(("greeted", "live"), [(6, ["r-2"]), (None, ["r-2"]), (4, ["r-1", "r-2"])])
def test_what_is_sent_again_without_a_subscription_is_no_live_event(
    greeted: int | None, live: list[str]
) -> None:
    tape = Tape()
    tape.connects(USER, follows="resumed", position=greeted)
    tape.event(USER, facts.Event(type="agent_completed", run_id="r-1", position=6))
    tape.hears(USER, facts.Accepted(request_id="q-2", run_id="r-2"))
    tape.event(USER, facts.Event(type="agent_started", run_id="r-2", position=7))
    assert [seen.fact.run_id for seen in live_events(tape.history)] == live
