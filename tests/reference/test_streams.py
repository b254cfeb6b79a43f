"""Streams: order, replay, and what cannot be replayed."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest
from reference_service import ENDS, EVENTS, Chatter, Service, User, eventually


def ids(frames: list[dict[str, object]]) -> list[object]:
    """Return the event ids among ``frames``, in order."""
    return [frame["event_id"] for frame in frames if "event_id" in frame]


@pytest.fixture
def laptop(service: Service, user: User) -> Iterator[Chatter]:
    """Another connection of the same user, not yet subscribed."""
    with service.connect(user, subscribed=False) as chatter:
        yield chatter


def test_nothing_arrives_before_a_subscribe(alice: Chatter, laptop: Chatter) -> None:
    alice.run("hello")
    assert laptop.fence() == []


def test_a_live_subscribe_is_answered_with_zeros(alice: Chatter, laptop: Chatter) -> None:
    alice.run("hello")
    assert laptop.subscribe() == {
        "type": "subscribed",
        "recovered": True,
        "from": 0,
        "to": 0,
        "count": 0,
        "reason": None,
    }
    assert laptop.fence() == []


def test_two_devices_see_the_same_stream(alice: Chatter, laptop: Chatter) -> None:
    laptop.subscribe()
    alice.run("hello")
    laptop.run("2 + 2")
    alice.until(*ENDS)
    laptop.fence()
    assert alice.events == laptop.events
    assert ids(alice.events) == list(range(1, 11))


def test_what_was_missed_is_replayed_word_for_word_and_live_events_follow(
    alice: Chatter, laptop: Chatter
) -> None:
    alice.run("hello")
    answer = laptop.subscribe(epoch=alice.events[0]["epoch"], after=2)
    assert (answer["recovered"], answer["from"], answer["to"], answer["count"]) == (True, 3, 5, 3)
    alice.run("hello again")
    laptop.until(*ENDS)
    laptop.until(*ENDS)
    assert laptop.events == alice.events[2:]


@pytest.mark.parametrize("after", range(6))
def test_a_resume_at_every_boundary_gives_the_rest(
    service: Service, user: User, after: int
) -> None:
    with service.connect(user) as first:
        first.run("hello")
    with service.connect(user, subscribed=False) as second:
        second.subscribe(epoch=first.events[0]["epoch"], after=after)
        second.fence()
        assert ids(second.frames) == list(range(after + 1, 6))


def test_a_replay_joins_live_events_without_gap_or_double(service: Service, user: User) -> None:
    with service.connect(user) as writer:
        for number in range(60):
            writer.send(type="user_message", request_id=f"n{number}", content="2 + 2")
        for _ in range(10):
            with service.connect(user, subscribed=False) as reader:
                reader.subscribe(epoch=writer.ready["stream"]["epoch"], after=0)
                newest = reader.ready["stream"]["position"]
                while not reader.events or reader.events[-1]["event_id"] < newest + 20:
                    if reader.until(*EVENTS)["event_id"] == 300:
                        break
                assert ids(reader.frames) == list(range(1, len(reader.events) + 1))


def test_a_second_subscribe_starts_over(alice: Chatter) -> None:
    alice.run("hello")
    alice.frames.clear()
    epoch = alice.ready["stream"]["epoch"]
    alice.send(type="subscribe", epoch=epoch, after=0)
    alice.send(type="subscribe", epoch=epoch, after=3)
    alice.fence()
    last = [frame["type"] for frame in alice.frames].index("subscribed", 1)
    assert ids(alice.frames[last:]) == [4, 5]
    alice.run("again")
    alice.fence()
    assert ids(alice.frames[last:]) == list(range(4, 11))


def test_resuming_twice_gives_the_same(service: Service, alice: Chatter, user: User) -> None:
    alice.run("hello")
    stories = []
    for _ in range(2):
        with service.connect(user, subscribed=False) as again:
            again.subscribe(epoch=alice.events[0]["epoch"], after=1)
            again.fence()
            stories.append(again.events)
    assert stories[0] == stories[1] == alice.events[1:]


def test_two_connections_that_resume_at_once_both_see_everything(
    service: Service, alice: Chatter, user: User
) -> None:
    alice.run("hello")
    devices = [service.connect(user, subscribed=False) for _ in range(2)]
    for device in devices:
        device.send(type="subscribe", epoch=alice.events[0]["epoch"], after=0)
    for device in devices:
        device.until(*ENDS)
        device.fence()
        assert device.events == alice.events
        device.connection.close()


@pytest.mark.parametrize(
    ("epoch", "after", "reason"),
    [
        (None, 6, "invalid_position"),
        (None, -1, "invalid_position"),
        (None, 10**30, "invalid_position"),
        ("e-unknown", 1, "unknown_epoch"),
    ],
)
def test_a_position_that_cannot_be_is_told_so_and_live_events_follow(
    alice: Chatter, laptop: Chatter, epoch: str | None, after: int, reason: str
) -> None:
    alice.run("hello")
    answer = laptop.subscribe(epoch=epoch or alice.events[0]["epoch"], after=after)
    assert answer == {
        "type": "subscribed",
        "recovered": False,
        "from": 0,
        "to": 0,
        "count": 0,
        "reason": reason,
    }
    alice.run("again")
    laptop.until(*ENDS)
    assert laptop.events == alice.events[5:]


def test_another_users_position_is_unknown(service: Service, alice: Chatter) -> None:
    alice.run("hello")
    with service.connect(service.sign_up(), subscribed=False) as bob:
        answer = bob.subscribe(epoch=alice.events[0]["epoch"], after=1)
        assert (answer["recovered"], answer["reason"]) == (False, "unknown_epoch")
        assert bob.fence() == []


def test_beyond_what_is_kept_a_resume_is_expired(tight: Service) -> None:
    user = tight.sign_up()
    with tight.connect(user) as writer:
        for _ in range(6):
            writer.run("hello")
    with tight.connect(user, subscribed=False) as reader:
        stream = reader.ready["stream"]
        assert (stream["position"], stream["oldest"]) == (30, 11)
        answer = reader.subscribe(epoch=stream["epoch"], after=9)
        assert (answer["recovered"], answer["reason"]) == (False, "expired")
        assert reader.subscribe(epoch=stream["epoch"], after=10)["count"] == 20
        reader.fence()
        assert ids(reader.frames) == list(range(11, 31))


def test_old_events_are_deleted(tight: Service) -> None:
    user = tight.sign_up()
    with tight.connect(user) as writer:
        for _ in range(30):
            writer.run("hello")
        stored = sqlite3.connect(tight.run_dir / "chat.db")
        kept = stored.execute(
            "SELECT count(*) FROM events WHERE user_id=?", (user.user_id,)
        ).fetchone()[0]
        stored.close()
        assert 20 <= kept < 145
        stream_id = writer.ready["stream"]["epoch"]
    with tight.connect(user, subscribed=False) as reader:
        assert reader.subscribe(epoch=stream_id, after=130)["count"] == 20


def test_a_run_goes_on_while_its_user_is_away(service: Service, user: User) -> None:
    with service.connect(user) as before:
        before.ask("think for 200 ms and 6 * 7")
        before.until("agent_thinking")
    assert eventually(lambda: service.metric("chat_runs_active") == 0)
    with service.connect(user, subscribed=False) as after:
        assert after.ready["stream"]["position"] == 5
        after.subscribe(**before.position)
        assert "42" in after.until("agent_completed")["data"]["response"]
        assert ids(before.events + after.events) == [1, 2, 3, 4, 5]
