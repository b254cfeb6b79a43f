"""A pooled connection is its own user's alone, alive, not too old, not idle for too long."""

from __future__ import annotations

from reconnect_bench import Bench

from support.client import Connection, User
from support.client.reconnect import ConnectionPool


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


async def come(user: User) -> tuple[str, Connection]:
    """The id of a user who has just connected, and the connection."""
    await user.connect()
    assert user.online is not None
    assert user.credentials is not None
    assert user.credentials.user_id is not None
    return user.credentials.user_id, user.online


def test_a_connection_comes_back_to_its_user_and_works(bench: Bench) -> None:
    async def scene() -> None:
        pool, alice = ConnectionPool(), bench.person()
        user_id, connection = await come(alice)
        assert await pool.put(user_id, connection)
        pooled = await pool.take(user_id)
        assert pooled is not None
        assert pooled.connection is connection
        assert await alice.finished(await alice.ask())
        await connection.leave()

    bench.play(scene)


def test_nobody_else_is_given_it(bench: Bench) -> None:
    async def scene() -> None:
        pool = ConnectionPool()
        alice_id, of_alice = await come(bench.person("Alice"))
        bob_id, of_bob = await come(bench.person("Bob"))
        await pool.put(alice_id, of_alice)
        assert await pool.take(bob_id) is None
        await pool.put(bob_id, of_bob)
        pooled = await pool.take(bob_id)
        assert pooled is not None
        assert pooled.connection is of_bob
        await of_bob.leave()
        await pool.close()

    bench.play(scene)


def test_it_is_given_out_once(bench: Bench) -> None:
    async def scene() -> None:
        pool = ConnectionPool()
        user_id, connection = await come(bench.person())
        await pool.put(user_id, connection)
        assert await pool.take(user_id) is not None
        assert await pool.take(user_id) is None
        await connection.leave()

    bench.play(scene)


def test_one_that_was_idle_for_too_long_is_closed_instead(bench: Bench) -> None:
    async def scene() -> None:
        clock = Clock()
        pool = ConnectionPool(max_idle_s=60, clock=clock)
        user_id, connection = await come(bench.person())
        await pool.put(user_id, connection)
        clock.now = 60.1
        assert await pool.take(user_id) is None
        assert not connection.is_open

    bench.play(scene)


def test_one_that_is_too_old_is_closed_instead_however_often_it_was_used(bench: Bench) -> None:
    async def scene() -> None:
        clock = Clock()
        pool = ConnectionPool(max_age_s=300, max_idle_s=60, clock=clock)
        user_id, connection = await come(bench.person())
        for _ in range(6):
            assert await pool.put(user_id, connection)
            clock.now += 50
            assert await pool.take(user_id) is not None
        clock.now += 1
        assert not await pool.put(user_id, connection)
        assert not connection.is_open

    bench.play(scene)


def test_one_that_has_died_is_not_handed_out(bench: Bench) -> None:
    async def scene() -> None:
        pool, alice = ConnectionPool(), bench.person()
        user_id, connection = await come(alice)
        await pool.put(user_id, connection)
        alice.cut()
        await alice.disconnected()
        assert await pool.take(user_id) is None
        assert len(pool) == 0

    bench.play(scene)


def test_one_that_answers_no_ping_is_not_handed_out(bench: Bench) -> None:
    async def scene() -> None:
        pool, alice = ConnectionPool(answer_s=0.2), bench.person()
        user_id, connection = await come(alice)
        await pool.put(user_id, connection)
        connection.mute()
        assert await pool.take(user_id) is None
        alice.cut()

    bench.play(scene)


def test_nobody_has_more_put_aside_than_agreed(bench: Bench) -> None:
    async def scene() -> None:
        pool, alice = ConnectionPool(per_user=1), bench.person()
        user_id, first = await come(alice)
        _, second = await come(alice)
        assert await pool.put(user_id, first)
        assert not await pool.put(user_id, second)
        assert not second.is_open
        await pool.close()
        assert not first.is_open

    bench.play(scene)


def test_a_connection_of_nobody_known_is_not_pooled(bench: Bench) -> None:
    async def scene() -> None:
        pool = ConnectionPool()
        _, connection = await come(bench.person())
        assert not await pool.put(None, connection)
        assert not connection.is_open

    bench.play(scene)
