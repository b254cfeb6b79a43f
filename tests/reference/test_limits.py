"""Bounds: heartbeats, rates, slow readers, expiry."""

from __future__ import annotations

import time
from contextlib import suppress

import pytest
from reference_service import Chatter, RawClient, Service, eventually
from websockets.exceptions import ConnectionClosed
from websockets.frames import Opcode


def test_the_server_pings_and_a_client_that_answers_stays(tight: Service) -> None:
    raw = RawClient(tight, tight.sign_up().token)
    pings = 0
    for frame in raw.frames():
        if frame.opcode is Opcode.PING:
            raw.write(b"".join(raw.protocol.data_to_send()))
            pings += 1
        if pings == 4:
            break
    raw.say(type="ping", nonce="still here")
    assert any(b"still here" in bytes(frame.data) for frame in raw.frames())
    raw.socket.close()


def test_a_client_that_answers_no_ping_is_closed_with_4408(tight: Service) -> None:
    raw = RawClient(tight, tight.sign_up().token)
    began = time.monotonic()
    assert raw.close_code() == 4408
    assert 0.5 < time.monotonic() - began < 1.5


def test_a_connection_whose_client_is_silent_is_released(tight: Service) -> None:
    before = tight.metric("chat_connections")
    raw = RawClient(tight, tight.sign_up().token)
    assert tight.metric("chat_connections") == before + 1
    assert eventually(lambda: tight.metric("chat_connections") == before)
    raw.socket.close()


def test_a_burst_of_twice_the_rate_is_accepted_and_more_is_refused(tight: Service) -> None:
    with tight.connect(tight.sign_up(), subscribed=False) as chatter:
        for number in range(70):
            chatter.send(type="ping", nonce=number)
        answers = [chatter.until("pong", "error") for _ in range(70)]
        kinds = [answer.get("code", "pong") for answer in answers]
        assert kinds[:40] == ["pong"] * 40
        assert set(kinds[45:]) == {"rate_limited"}


def test_a_refused_message_is_named_and_works_later(tight: Service) -> None:
    with tight.connect(tight.sign_up(), subscribed=False) as chatter:
        for number in range(45):
            chatter.send(type="cancel_run", run_id="r", request_id=f"n{number}")
        refused = chatter.until("error")
        while refused["code"] != "rate_limited":
            refused = chatter.until("error")
        assert refused["request_id"].startswith("n4")

        def works_again() -> bool:
            chatter.send(type="ping", nonce=1)
            return bool(chatter.until("pong", "error")["type"] == "pong")

        assert eventually(works_again, every_s=0.2)


def test_a_client_that_never_slows_down_is_closed_with_1008(tight: Service) -> None:
    with tight.connect(tight.sign_up(), subscribed=False) as chatter:
        with suppress(ConnectionClosed):  # it may be closed before all of them are sent
            for number in range(200):
                chatter.send(type="ping", nonce=number)
        assert chatter.close_code() == 1008


def test_a_flood_does_not_slow_the_others(tight: Service) -> None:
    with (
        tight.connect(tight.sign_up(), subscribed=False) as flooder,
        tight.connect(tight.sign_up(), subscribed=False) as other,
    ):
        for number in range(80):
            flooder.send(type="ping", nonce=number)
        began = time.monotonic()
        other.fence()
        assert time.monotonic() - began < 0.5


def test_too_many_runs_at_once_are_refused(tight: Service) -> None:
    with tight.connect(tight.sign_up()) as chatter:
        for _ in range(5):
            chatter.ask("think for 300 ms")
        chatter.send(type="user_message", request_id="sixth", content="2 + 2")
        error = chatter.until("error")
        assert (error["code"], error["request_id"]) == ("overloaded", "sixth")
        chatter.until("agent_completed")
        chatter.ask("2 + 2")


def test_a_client_that_does_not_read_is_closed_with_1008_and_memory_stays_flat(
    service: Service,
) -> None:
    user = service.sign_up()
    raw = RawClient(service, user.token)
    raw.say(type="subscribe")
    before = service.metric("process_resident_memory_bytes")
    with service.connect(user, subscribed=False) as writer:
        for _ in range(60):
            writer.ask("x" * 60_000)
        assert eventually(lambda: service.metric("chat_connections") == 1)
        assert raw.close_code() == 1008
        writer.fence()
    assert service.metric("process_resident_memory_bytes") - before < 60_000_000


def test_a_slow_reader_gets_everything_that_waits_for_it(service: Service) -> None:
    user = service.sign_up()
    with service.connect(user, subscribed=False) as writer:
        for _ in range(80):
            writer.ask("x" * 60_000)
    raw = RawClient(service, user.token)
    epoch = service_epoch(service, user.token)
    assert eventually(lambda: position(service, user.token) == 400)
    raw.say(type="subscribe", epoch=epoch, after=0)
    raw.say(type="ping", nonce="end of replay")
    received = 0
    for frame in raw.frames():
        received += b'"event_id"' in bytes(frame.data)
        if b"end of replay" in bytes(frame.data):
            break
    assert received == 400
    raw.socket.close()


def service_epoch(service: Service, token: str) -> str:
    """Return the epoch of a user's stream."""
    with service.connect(token, subscribed=False) as chatter:
        return str(chatter.ready["stream"]["epoch"])


def position(service: Service, token: str) -> int:
    """Return the newest event id of a user's stream."""
    with service.connect(token, subscribed=False) as chatter:
        return int(chatter.ready["stream"]["position"])


@pytest.fixture
def short_lived(service: Service) -> Chatter:
    """Somebody whose token ends within two seconds, in the middle of a run."""
    chatter = service.connect(service.forge(exp=int(time.time()) + 2))
    chatter.ask("think for 2500 ms")
    return chatter


def test_when_the_token_expires_the_connection_is_closed_with_4401(
    service: Service, short_lived: Chatter
) -> None:
    assert short_lived.close_code() == 4401
    assert [event["type"] for event in short_lived.events] == ["agent_started", "agent_thinking"]
