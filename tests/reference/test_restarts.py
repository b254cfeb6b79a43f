"""Ends and new beginnings: nothing that was accepted is lost."""

from __future__ import annotations

import os
import signal
import sqlite3
import time
from collections.abc import Callable

import pytest
import requests
from reference_service import ENDS, Chatter, Service, eventually
from websockets.exceptions import InvalidStatus

Start = Callable[..., Service]


@pytest.fixture
def restarting(start: Start) -> Service:
    """A healthy service of one's own."""
    return start(chat__drain_s=0.5)


def story(service: Service, before: Chatter, token: str) -> list[dict[str, object]]:
    """Come back, see the run to its end, and return everything seen."""
    with service.connect(token, subscribed=False) as after:
        after.subscribe(**before.position)
        after.until(*ENDS)
        return before.events + after.events


@pytest.mark.parametrize("end", ["kill chat", "stop chat"])
def test_a_run_under_way_goes_on_after_a_restart(restarting: Service, end: str) -> None:
    user = restarting.sign_up()
    before = restarting.connect(user)
    before.ask("think for 700 ms; 12 * 7; remember blue; recall")
    before.until("agent_thinking")
    assert restarting.order(end)["ok"]
    assert before.close_code() == (1012 if end == "stop chat" else 1006)
    assert restarting.order("start chat")["ok"]
    events = story(restarting, before, user.token)
    assert [event["event_id"] for event in events] == list(range(1, 10))
    assert [event["type"] for event in events] == [
        "agent_started",
        "agent_thinking",
        *["tool_executing", "tool_completed"] * 3,
        "agent_completed",
    ]
    assert "84" in str(events[-1]["data"])
    assert "blue" in str(events[-1]["data"])


def test_everything_accepted_before_a_crash_is_completed_once(restarting: Service) -> None:
    user = restarting.sign_up()
    before = restarting.connect(user)
    for number in range(50):
        before.send(type="user_message", request_id=f"n{number}", content="2 * 3")
    for _ in range(30):
        before.until("accepted")
    assert restarting.order("kill chat")["ok"]
    assert before.close_code() == 1006
    accepted = [frame["run_id"] for frame in before.frames if frame["type"] == "accepted"]
    assert restarting.order("start chat")["ok"]
    with restarting.connect(user, subscribed=False) as after:
        after.subscribe(**before.position)
        ended = [event["run_id"] for event in before.events if event["type"] in ENDS]
        while not set(accepted) <= set(ended):
            ended.append(after.until(*ENDS)["run_id"])
        events = before.events + after.events
    assert [event["event_id"] for event in events] == list(range(1, len(events) + 1))
    assert len(ended) == len(set(ended))


def test_what_was_known_is_known_after_a_crash(restarting: Service) -> None:
    user = restarting.sign_up()
    with restarting.connect(user) as before:
        before.run("remember the blue house")
        first = before.ask("2 + 2", request_id="once")
        before.until(*ENDS)
        epoch = before.ready["stream"]["epoch"]
    restarting.order("kill chat")
    restarting.order("start chat")
    with restarting.connect(user) as after:
        assert after.ready["stream"] == {"epoch": epoch, "position": 10, "oldest": 1}
        again = after.ask("2 + 2", request_id="once", thread_id=first["thread_id"])
        assert (again["run_id"], again["duplicate"]) == (first["run_id"], True)
        assert "blue house" in str(after.run("recall")[-1]["data"])


def test_the_backend_comes_back_at_the_same_address(restarting: Service) -> None:
    restarting.order("stop chat")
    with pytest.raises(requests.ConnectionError):
        restarting.health()
    restarting.order("start chat")
    assert restarting.health()[0] == 200


def test_users_are_told_of_a_planned_restart(restarting: Service) -> None:
    chatter = restarting.connect(restarting.sign_up())
    restarting.order("stop chat")
    assert chatter.close_code() == 1012
    assert chatter.frames[-1] == {"type": "closing", "reason": "restart", "retry_after_s": 1.0}


def test_while_draining_health_and_handshakes_say_so(start: Start) -> None:
    service = start(chat__drain_s=1)
    user = service.sign_up()
    assert service.process.stdin
    service.process.stdin.write("stop chat\n")
    service.process.stdin.flush()
    assert eventually(lambda: service.health()[1]["status"] == "draining")
    assert service.health()[0] == 503
    with pytest.raises(InvalidStatus) as refused:
        service.open(user.token)
    assert refused.value.response.status_code == 503
    assert service.process.stdout
    assert '"ok": true' in service.process.stdout.readline()


def test_an_idle_backend_stops_quickly(start: Start) -> None:
    service = start()
    assert service.order("stop chat")["took_s"] < 1


def test_a_store_that_cannot_be_written_is_reported_and_nothing_is_lost(start: Start) -> None:
    service = start()
    user, newcomer = service.sign_up(), service.sign_up()
    with service.connect(user) as chatter:
        chatter.ask("think for 100 ms and 12 * 7")
        chatter.until("agent_thinking")
        service.order("stop store")
        status, body = service.health()
        assert (status, body["status"]) == (503, "degraded")
        assert body["checks"]["store"] != "ok"
        chatter.send(type="user_message", request_id="now", content="2 + 2")
        error = chatter.until("error")
        assert (error["code"], error["request_id"]) == ("overloaded", "now")
        with pytest.raises(InvalidStatus) as refused:
            service.open(newcomer.token)
        assert refused.value.response.status_code == 503
        assert eventually(lambda: service.metric("chat_runs_active") == 0)
        service.order("start store")
        assert "84" in chatter.until(*ENDS)["data"]["response"]
        assert service.health()[0] == 200
        assert [event["event_id"] for event in chatter.events] == [1, 2, 3, 4, 5]


def test_while_the_auth_service_is_away_connections_go_on(start: Start) -> None:
    service = start()
    user = service.sign_up()
    service.order("stop auth")
    with service.connect(user) as chatter:
        chatter.run("hello")
    service.order("start auth")
    service.sign_in(user.email, "correct horse")


def test_leaving_frees_the_connection(service: Service) -> None:
    before = service.metric("chat_connections")
    user = service.sign_up()
    for number in range(30):
        chatter = service.connect(user)
        if number % 2:
            chatter.connection.close()
            assert chatter.connection.close_code == 1000
        else:
            chatter.connection.socket.shutdown(2)
    assert eventually(lambda: service.metric("chat_connections") == before)
    assert service.health()[1]["connections"] == before


def test_health_tells_what_there_is(service: Service) -> None:
    status, body = service.health()
    assert status == 200
    assert set(body) == {"status", "version", "uptime_s", "connections", "checks"}
    assert body["checks"] == {"store": "ok"}


def test_the_log_of_the_store_does_not_grow_for_ever(start: Start) -> None:
    service = start()
    with service.connect(service.sign_up()) as chatter:
        chatter.run("hello")
    assert eventually(lambda: stored_events(service) == 5)


def stored_events(service: Service) -> int:
    """Return how many events are in the database file itself, its log left aside."""
    address = f"file:{service.run_dir / 'chat.db'}?immutable=1"
    database = sqlite3.connect(address, uri=True)
    try:
        return int(database.execute("SELECT count(*) FROM events").fetchone()[0])
    except sqlite3.DatabaseError:
        return 0
    finally:
        database.close()


def test_the_supervisor_ends_with_its_services_on_a_signal(start: Start) -> None:
    service = start()
    began = time.monotonic()
    service.process.send_signal(signal.SIGTERM)
    assert service.process.wait(5) == 0
    assert time.monotonic() - began < 2
    assert not any(map(alive, service.addresses["pids"].values()))


def test_the_services_end_when_the_supervisor_is_killed(start: Start) -> None:
    service = start()
    service.process.kill()
    service.process.wait(5)
    pids = service.addresses["pids"]
    assert eventually(lambda: not alive(pids["chat"]) and not alive(pids["auth"]))


def test_the_supervisor_ends_when_a_service_dies(start: Start) -> None:
    service = start()
    os.kill(service.addresses["pids"]["chat"], signal.SIGKILL)
    assert service.process.wait(5) != 0
    assert service.process.stderr
    assert "the chat service ended" in service.process.stderr.read()
    assert not alive(service.addresses["pids"]["auth"])


def alive(pid: int) -> bool:
    """Return whether the process still runs."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    with open(f"/proc/{pid}/stat") as stat:
        return stat.read().rpartition(")")[2].split()[0] != "Z"
