"""The agent's answers and the story it tells about them."""

from __future__ import annotations

import time

import pytest
from reference_service import Chatter, Service, User


def types(events: list[dict[str, object]]) -> list[object]:
    """Return the types of events, in order."""
    return [event["type"] for event in events]


def test_a_plain_message_is_quoted_after_one_thought_and_one_search(alice: Chatter) -> None:
    events = alice.run("Good morning!")
    assert types(events) == [
        "agent_started",
        "agent_thinking",
        "tool_executing",
        "tool_completed",
        "agent_completed",
    ]
    assert events[2]["data"]["tool"] == "knowledge_search"
    assert "Good morning!" in events[-1]["data"]["response"]


def test_every_event_has_its_fields(alice: Chatter, user: User) -> None:
    began = time.time()
    events = alice.run("12 * 7")
    for number, event in enumerate(events, 1):
        assert set(event) == {
            "type",
            "event_id",
            "epoch",
            "run_id",
            "thread_id",
            "user_id",
            "timestamp",
            "data",
        }
        assert event["event_id"] == number
        assert event["user_id"] == user.user_id
        assert began - 1 < event["timestamp"] < time.time() + 1
    started, thinking, executing, completed, end = (event["data"] for event in events)
    assert started == {"agent": "reference-agent", "request": "12 * 7"}
    assert set(thinking) == {"text", "step"}
    assert executing["arguments"] == {"expression": "12 * 7"}
    assert (completed["call_id"], completed["ok"]) == (executing["call_id"], True)
    assert completed["duration_ms"] >= 0
    assert end["response"] == "12 * 7 = 84."
    assert (end["status"], end["duration_ms"] > 0) == ("succeeded", True)


def test_several_tools_are_used_in_the_order_they_are_asked_for(alice: Chatter) -> None:
    events = alice.run("Search the refund policy. What is 12 * 7? Remember my seat is 4A; recall")
    calls = [event["data"] for event in events if event["type"] == "tool_completed"]
    assert [call["tool"] for call in calls] == [
        "knowledge_search",
        "calculator",
        "notebook",
        "notebook",
    ]
    assert len({call["call_id"] for call in calls}) == 4
    assert [call["result"] for call in calls][1:] == ["84", "Noted.", "my seat is 4A"]
    answer = events[-1]["data"]["response"]
    assert all(text in answer for text in ("14 days", "84", "my seat is 4A"))


def test_every_question_gets_its_own_answer(alice: Chatter) -> None:
    answers = [alice.run(f"{number} * 2")[-1]["data"]["response"] for number in (3, 4, 5)]
    assert answers == ["3 * 2 = 6.", "4 * 2 = 8.", "5 * 2 = 10."]


def test_users_at_work_at_once_see_nothing_of_each_other(service: Service) -> None:
    people = [service.connect(service.sign_up()) for _ in range(4)]
    for number, chatter in enumerate(people):
        chatter.ask(f"remember canary-{number}; recall; think for 50 ms")
    for chatter in people:
        chatter.until("agent_completed")
    for number, chatter in enumerate(people):
        chatter.fence()
        assert len(chatter.events) == 7
        foreign = people[:number] + people[number + 1 :]
        story = str(chatter.frames)
        assert not any(other.ready["user_id"] in story for other in foreign)
        assert {f"canary-{other}" in story for other in range(4) if other != number} == {False}
        chatter.connection.close()


def test_the_notebook_is_private_to_its_user(service: Service, alice: Chatter) -> None:
    alice.run("remember canary-of-alice")
    with service.connect(service.sign_up()) as bob:
        assert "canary-of-alice" not in str(bob.run("recall"))
    assert "canary-of-alice" in alice.run("recall")[-1]["data"]["response"]


def test_a_run_can_be_told_to_fail_and_the_conversation_goes_on(alice: Chatter) -> None:
    events = alice.run("fail with E42")
    assert types(events) == ["agent_started", "agent_thinking", "agent_failed"]
    assert events[-1]["data"] == {
        "code": "E42",
        "message": "The request could not be completed.",
    }
    assert alice.run("2 + 2")[-1]["data"]["response"] == "2 + 2 = 4."


def test_a_tool_that_cannot_do_it_says_so(alice: Chatter) -> None:
    completed = alice.run("1 / 0")[3]["data"]
    assert (completed["ok"], completed["result"]) == (False, "division by zero")


def test_a_long_thought_can_be_watched(alice: Chatter) -> None:
    asked = time.monotonic()
    alice.ask("think for 400 ms")
    alice.until("agent_thinking")
    assert time.monotonic() - asked < 0.3
    alice.until("tool_executing")
    assert 0.35 < time.monotonic() - asked < 2


def test_pings_are_answered_during_a_run(alice: Chatter) -> None:
    alice.ask("think for 400 ms")
    alice.until("agent_thinking")
    assert alice.fence() == []
    assert alice.connection.ping().wait(0.3)


def test_a_run_can_be_cancelled_while_another_goes_on(alice: Chatter) -> None:
    long = alice.ask("think for 5000 ms")["run_id"]
    alice.until("agent_thinking")
    other = alice.ask("think for 200 ms and 2 * 3")["run_id"]
    alice.send(type="cancel_run", run_id=long)
    ends = [alice.until("agent_completed") for _ in range(2)]
    assert [(end["run_id"], end["data"]["status"]) for end in ends] == [
        (long, "cancelled"),
        (other, "succeeded"),
    ]


def test_a_run_cancelled_at_once_still_tells_an_orderly_story(alice: Chatter) -> None:
    run_id = alice.ask("think for 5000 ms")["run_id"]
    alice.send(type="cancel_run", run_id=run_id)
    alice.until("agent_completed")
    alice.fence()
    assert types(alice.events) == ["agent_started", "agent_thinking", "agent_completed"]


def test_only_ones_own_runs_under_way_can_be_cancelled(service: Service, alice: Chatter) -> None:
    run_id = alice.ask("think for 300 ms")["run_id"]
    with service.connect(service.sign_up()) as bob:
        for unknown in (run_id, "r-0000000000000000"):
            bob.send(type="cancel_run", run_id=unknown)
            error = bob.until("error")
            assert (error["code"], error["message"]) == ("not_found", "There is no such run.")
    assert alice.until("agent_completed")["data"]["status"] == "succeeded"
    alice.send(type="cancel_run", run_id=run_id)
    assert alice.until("error")["code"] == "not_found"


@pytest.mark.parametrize("text", ["born 2024-01-02", "id 3f-77-88", "v1.2-3", "remember me, Bob"])
def test_identifiers_and_dates_are_no_arithmetic(alice: Chatter, text: str) -> None:
    assert "calculator" not in str(alice.run(text))
