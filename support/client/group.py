"""Several people at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence

from support.client.user import User
from support.deployment import Deployment
from support.faults import Fault, Proxy
from support.faults.toxics.idle_timeout import IdleTimeout
from support.faults.toxics.refuse import Refuse
from support.faults.toxics.reset import Reset
from support.faults.toxics.silence import Silence

RECONNECT_S = 10.0
ASK_EVERY = 4  # pings
SIGN_INS = 4  # at once: dozens at the same time would test the auth service, not the chat


async def connect(people: Sequence[User], via: tuple[str, int] | None = None) -> None:
    """Everyone signs in, connects (through the proxy at `via`, if given) and subscribes."""
    limit = asyncio.Semaphore(SIGN_INS)

    async def enter(user: User) -> None:
        async with limit:
            await user.connect(via=via)

    entered = await asyncio.gather(*(enter(user) for user in people), return_exceptions=True)
    # Where one cannot, nobody goes on connecting after this: the scenario may be over then.
    for error in entered:
        if error is not None:
            raise error


async def connect_over(
    people: Sequence[User], network: Proxy, faults: Sequence[Fault], *, after_handshake: bool
) -> None:
    """As `connect`, through `network`; its faults come before, or after, everyone is connected."""
    if not after_handshake:
        network.add_all(faults)
    await connect(people, via=(network.host, network.port))
    await reconnected(people, RECONNECT_S)
    if after_handshake:
        network.add_all(faults)


async def sign_in(people: Sequence[User]) -> None:
    """Everyone gets an account and tokens, one after another."""
    for user in people:
        await user.sign_in()


async def leave(people: Sequence[User]) -> None:
    """Everyone closes their connections cleanly."""
    await asyncio.gather(*(user.leave() for user in people))


async def drop(people: Sequence[User]) -> None:
    """Everyone loses all connections, without a close; returns once they are over."""
    for user in people:
        user.cut()
    await asyncio.gather(*(user.disconnected() for user in people))


async def ask(
    people: Sequence[User], questions: int, kind: str = "plain", filler: str = ""
) -> None:
    """Everyone asks that many questions, each after the answer to the one before.

    A fence before and after lets the clock of the deployment be known.
    """
    await fence(people)
    asking = (user.ask_series(questions, in_flight=1, kind=kind, filler=filler) for user in people)
    await asyncio.gather(*asking)
    await fence(people)


async def talk(user: User, rounds: int, beside: Awaitable[object]) -> None:
    """Ping, and now and then ask a question: that many times, and until `beside` ends."""
    under_way = asyncio.ensure_future(beside)
    number = 0
    while user.online is not None and (number < rounds or not under_way.done()):
        await user.liveness.probe(1, spread=True)
        if number % ASK_EVERY == 0:
            await user.finished(await user.ask())
        number += 1
    await under_way


async def finish(people: Sequence[User]) -> None:
    """Wait until everyone's last question has been answered, within the budget of one run."""
    await asyncio.gather(*(user.finished() for user in people))


async def reach(people: Sequence[User], event: str) -> None:
    """Wait until everyone's last run has reached an event of that type."""
    await asyncio.gather(*(user.reaches(event) for user in people))


async def accepted(people: Sequence[User]) -> None:
    """Wait until everything that anyone has asked is accepted, or something never is."""
    for user in people:
        for run in user.runs:
            if not await user.accepted(run):
                break


async def reconnect(people: Sequence[User]) -> None:
    """Everyone reconnects and asks for what was missed."""
    await asyncio.gather(*(user.reconnect() for user in people))


async def reconnected(people: Sequence[User], within_s: float) -> None:
    """Wait until everyone's app has reconnected, or has given up."""
    await asyncio.gather(*(user.auto_reconnect.reconnected(within_s) for user in people))


async def cut_off(people: Sequence[User], network: Proxy, deployment: Deployment) -> Refuse:
    """Cut everyone off at once, and refuse new connections; returns the fault that refuses."""
    if len(people) > 1:
        deployment.safety.guard("reconnect_storm")
    refusals = network.add(Refuse())
    network.add(Reset(scope="open"))
    await asyncio.gather(*(user.liveness.disconnected_within(RECONNECT_S) for user in people))
    return refusals


async def silence(people: Sequence[User], network: Proxy) -> float:
    """While everyone's app monitors its connection, nothing passes, until all have noticed.

    Nobody is waited for longer than four heartbeats. Returns the longest heartbeat in seconds.
    """
    heartbeat_s = max(user.liveness.heartbeat_s for user in people)
    for user in people:
        user.liveness.watch()
    await fence(people)
    await asyncio.gather(*(user.liveness.first_heartbeat() for user in people))
    network.add(Silence())
    limit_s = 4 * heartbeat_s
    await asyncio.gather(*(user.liveness.disconnected_within(limit_s) for user in people))
    network.reset()
    return heartbeat_s


async def behind_load_balancer(user: User, network: Proxy) -> asyncio.StreamWriter:
    """From now on connections that are idle for two heartbeats of `user` are closed.

    Returns a connection on which nothing is ever sent: the proof that idle ones are closed.
    """
    network.add(IdleTimeout(2 * user.liveness.heartbeat_s))
    _, idle = await asyncio.open_connection(network.host, network.port)
    return idle


async def hear_announcement(people: Sequence[User]) -> None:
    """Wait until everyone has received an announcement, and all that was sent before a fence."""
    await asyncio.gather(*(user.announcement_received() for user in people))
    await fence(people)


async def connect_past_stalled(
    user: User, other: User, network: Proxy, stalls: Sequence[Fault], within_s: float
) -> None:
    """`user` connects while `network` stalls that handshake; `other` connects meanwhile.

    Returns once the app of `user` has given up, after `within_s` at the latest.
    """
    via = (network.host, network.port)
    await asyncio.gather(user.sign_in(), other.sign_in())
    network.add_all(stalls)
    attempt = asyncio.create_task(user.connect(via=via, expect="either"))
    await asyncio.gather(*(fault.has_fired(within_s) for fault in stalls))
    await other.connect(via=via)
    await asyncio.wait([attempt], timeout=within_s)
    attempt.cancel()
    await asyncio.gather(attempt, return_exceptions=True)


async def settle(people: Sequence[User]) -> None:
    """Wait for what was accepted and is still under way, for those who are connected.

    The budget of a run is for all together, not for each.
    """
    await fence(people)
    under_way = [(u, r) for u in people if u.online for r in u.runs if r.run_id is not None]
    await asyncio.gather(*(user.finished(run) for user, run in under_way))
    # An end that one device has received may still be on its way to another.
    await fence([user for user in people if sum(c.is_open for c in user.connections) > 1])


async def fence(people: Sequence[User]) -> None:
    """A round trip for everyone, once each device has received what another of its user has."""
    await asyncio.gather(*(user.level() for user in people))
    await asyncio.gather(*(user.liveness.fence() for user in people))
