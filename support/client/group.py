"""Several people at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from support.client.run import Run
from support.client.user import User
from support.deployment import Deployment
from support.faults import Fault, Proxy
from support.faults.toxics.idle_timeout import IdleTimeout
from support.faults.toxics.refuse import Refuse
from support.faults.toxics.reset import Reset

RECONNECT_S = 10.0
ASK_EVERY = 4  # checks of the line
SIGN_INS = 4  # at once: whoever signs up by the dozen tests the auth service, not the chat


async def connect(people: Sequence[User], via: tuple[str, int] | None = None) -> None:
    """Everybody signs in, connects (through the proxy at `via`, if given) and subscribes."""
    door = asyncio.Semaphore(SIGN_INS)

    async def enter(user: User) -> None:
        async with door:
            await user.connect(via=via)

    await asyncio.gather(*(enter(user) for user in people))


async def connect_over(
    people: Sequence[User], network: Proxy, faults: Sequence[Fault], *, after_handshake: bool
) -> None:
    """As `connect`, through `network`; its faults come before, or after, everyone is connected."""
    if not after_handshake:
        network.add_all(faults)
    await connect(people, via=(network.host, network.port))
    await healed(people, RECONNECT_S)
    if after_handshake:
        network.add_all(faults)


async def sign_in(people: Sequence[User]) -> None:
    """Everybody gets an account and tokens, one after another."""
    for user in people:
        await user.sign_in()


async def leave(people: Sequence[User]) -> None:
    """Everybody closes their connections cleanly."""
    await asyncio.gather(*(user.leave() for user in people))


async def drop(people: Sequence[User]) -> None:
    """Everybody loses all connections, without a close; returns once they are over."""
    for user in people:
        user.cut()
    await asyncio.gather(*(user.gone() for user in people))


async def ask(people: Sequence[User], questions: int, kind: str = "plain") -> None:
    """Everybody asks that many questions, each after the answer to the one before.

    A fence before and after lets the clock of the deployment be known.
    """
    await fence(people)
    await asyncio.gather(*(user.ask_series(questions, in_flight=1, kind=kind) for user in people))
    await fence(people)


async def talk(user: User, rounds: int, beside: Awaitable[object]) -> None:
    """Check the line, and now and then ask a question: that many times, and until `beside` ends."""
    under_way = asyncio.ensure_future(beside)
    number = 0
    while user.online is not None and (number < rounds or not under_way.done()):
        await user.line.probe(1, spread=True)
        if number % ASK_EVERY == 0:
            await (await user.ask()).finished()
        number += 1
    await under_way


async def finish(people: Sequence[User]) -> None:
    """Wait until everybody's last question has been answered, within the budget of one run."""
    await ended([user.current_run for user in people])


async def ended(runs: Sequence[Run]) -> None:
    """Wait until all of them have ended: the budget of a run is for all together, not for each."""
    await asyncio.gather(*(run.finished() for run in runs))


async def reach(people: Sequence[User], event: str) -> None:
    """Wait until everybody's last run has come to an event of that type."""
    await asyncio.gather(*(user.current_run.reaches(event) for user in people))


async def accepted(people: Sequence[User]) -> None:
    """Wait until everything that anybody has asked is accepted."""
    for user in people:
        for run in user.runs:
            await user.until(lambda run=run: run.run_id is not None, "the acceptance of a request")  # type: ignore[misc]


async def reconnect(people: Sequence[User]) -> None:
    """Everybody comes back and asks for what was missed."""
    await asyncio.gather(*(user.reconnect() for user in people))


async def healed(people: Sequence[User], within_s: float) -> None:
    """Wait until everybody's app is back, or has given up."""
    await asyncio.gather(*(user.auto_reconnect.healed(within_s) for user in people))


async def cut_off(people: Sequence[User], network: Proxy, deployment: Deployment) -> Refuse:
    """Cut everybody off at once, and refuse whoever reconnects; returns the fault that refuses."""
    if len(people) > 1:
        deployment.safety.guard("reconnect_storm")
    refusals = network.add(Refuse())
    network.add(Reset(scope="open"))
    await asyncio.gather(*(user.line.lost_within(RECONNECT_S) for user in people))
    return refusals


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


async def silence(people: Sequence[User], begin: Callable[[], object]) -> None:
    """Once everybody's heartbeat was answered, `begin`; wait until they have noticed the silence.

    Nobody is waited for longer than four heartbeats.
    """
    limits = [4 * user.line.heartbeat_s for user in people]
    await asyncio.gather(*(user.line.first_heartbeat() for user in people))
    begin()
    noticed = zip(people, limits, strict=True)
    await asyncio.gather(*(user.line.lost_within(limit) for user, limit in noticed))


async def behind_load_balancer(user: User, network: Proxy) -> asyncio.StreamWriter:
    """From now on connections that are idle for two heartbeats of `user` are closed.

    Returns a connection on which nothing is ever sent: the proof that idle ones are closed.
    """
    network.add(IdleTimeout(2 * user.line.heartbeat_s))
    _, idle = await asyncio.open_connection(network.host, network.port)
    return idle


async def hear_announcement(people: Sequence[User]) -> None:
    """Wait until everybody has received an announcement, and all that was sent before a fence."""
    await asyncio.gather(*(user.hears_announcement() for user in people))
    await fence(people)


async def come_and_go(people: Sequence[User], times: int, *, politely: bool = False) -> None:
    """Connect and go `times` times in all, every second time without a goodbye or always with."""

    async def visit(user: User, visits: int) -> None:
        for number in range(visits):
            await user.connect()
            if number % 2 and not politely:
                user.cut()
                await user.gone()
            else:
                await user.leave()

    await asyncio.gather(*(visit(user, times // len(people)) for user in people))


async def settle(people: Sequence[User]) -> None:
    """Wait for what was accepted and is still under way, for those who are there to see it."""
    await fence(people)
    under_way = [r for u in people if u.online for r in u.runs if r.run_id is not None]
    await ended(under_way)


async def fence(people: Sequence[User]) -> None:
    """A round trip for everybody."""
    await asyncio.gather(*(user.line.fence() for user in people))
