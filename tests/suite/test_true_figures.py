"""Are the figures true? A delay that is known is what the figures say, or they say they cannot.

A real service, a real proxy, real users. At rest the median is true to 5 ms. Where cores are kept
busy, figures are true or say themselves that they are not.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from support.client import BackgroundLoop, SignIn, User, watch_lag
from support.config import Environment
from support.deployment import Deployment
from support.faults import Fired, Proxy
from support.faults.toxics.delay import Delay
from support.journal import History, Journal, read_journal, records
from support.measures.figures import Figures, figures

pytestmark = pytest.mark.alone

DELAY_MS = 50.0
PEOPLE, QUESTIONS = 4, 52  # over 1,000 events, as a 99th percentile needs
PINGS = 20
AT_REST_MS = 5.0  # what the median may be off by on a machine that does nothing else
SHARE = 2  # the service runs on the same cores, and is as late as we are: half of it is ours


class Chat:
    """People whose events come through a proxy that delays them, one who talks directly."""

    def __init__(self, address: dict[str, str], run_dir: Path) -> None:
        self.path = run_dir / "journal.jsonl"
        self.journal = Journal(self.path)
        environment = Environment(
            chat_url=address["GREENLIGHT_CHAT_URL"], auth_url=address["GREENLIGHT_AUTH_URL"]
        )
        self.deployment = Deployment(environment, run_dir)
        self.sign_in = SignIn(self.deployment, self.journal.redactor.add_secret)
        self.journal.begin_scenario("s001")

    async def talk(self, *, directly: bool) -> None:
        """A conversation under the delay; the direct one pings all along if there is one."""
        host, port = self.deployment.environment.chat_url.rsplit("/", 1)[1].split(":")  # type: ignore[union-attr]
        lag = asyncio.create_task(watch_lag(self._lagged))
        async with Proxy(host, int(port), on_fired=self._fired) as proxy:
            people = [self._person(f"Person{number}") for number in range(PEOPLE)]
            await asyncio.gather(*(p.connect(via=(proxy.host, proxy.port)) for p in people))
            proxy.add(Delay(DELAY_MS / 1000, direction="to_user"))
            pinging = await self._pings(self._person("Direct")) if directly else None
            await asyncio.gather(*(p.ask_series(QUESTIONS, in_flight=1) for p in people))
            await asyncio.gather(*(p.liveness.ping(5) for p in people))
            if pinging is not None:
                await pinging
            await asyncio.gather(*(p.leave() for p in people))
        lag.cancel()

    def figures(self) -> Figures:
        """What the journal on disk amounts to."""
        self.journal.close()
        return figures(History(list(read_journal(self.path))), self.journal.wall)

    async def _pings(self, user: User) -> asyncio.Task[None]:
        await user.connect()

        async def again_and_again() -> None:
            for _ in range(PINGS):
                await user.liveness.ping(5)
            await user.leave()

        return asyncio.create_task(again_and_again())

    def _person(self, name: str) -> User:
        return User(f"s001/{name}", self.deployment, self.journal, self.sign_in)

    def _fired(self, fired: Fired) -> None:
        fault = records.Fault(
            t=self.journal.now(),
            name=fired.name,
            detail=fired.detail,
            direction=fired.direction or "",
            connection="",
            user="",
        )
        self.journal.append(fault)

    def _lagged(self, worst_ms: float) -> None:
        self.journal.append(
            records.Sample(t=self.journal.now(), name="loop_lag_ms", value=worst_ms)
        )


@contextmanager
def busy_cores(count: int) -> Iterator[None]:
    """So many processes that do nothing but keep a core busy."""
    burning = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for process in burning:
            process.kill()
            process.wait()


@pytest.fixture
def chat(reference: Any, tmp_path: Path) -> Chat:
    return Chat(reference.address, tmp_path)


def talk(chat: Chat, *, directly: bool = True) -> Figures:
    loop = BackgroundLoop()
    try:
        loop.run(chat.talk(directly=directly), 100)
    finally:
        loop.close()
    return chat.figures()


def deviations(found: Figures) -> list[float]:
    """By how much the median and the 99th percentile are off what is known, in ms."""
    spread = found.under_fault.latency
    assert spread.p50 is not None
    assert spread.p99 is not None
    return [abs(spread.p50 - DELAY_MS), abs(spread.p99 - DELAY_MS)]


def test_a_known_delay_is_what_the_figures_say_at_rest(chat: Chat) -> None:
    """At rest, without a way out: a figure that could be in doubt is no figure to gate by."""
    found = talk(chat)
    assert deviations(found)[0] <= AT_REST_MS, found.under_fault
    assert found.normal.latency.count == 0


def test_on_busy_cores_the_figures_are_true_or_say_that_they_are_not(chat: Chat) -> None:
    with busy_cores(2):
        found = talk(chat)
    for deviation in deviations(found):
        assert deviation <= 5 or found.under_fault.lag_ms > 5 / SHARE, (
            deviation,
            found.under_fault,
        )


def test_a_clock_read_over_the_delayed_line_says_how_unsure_it_is(chat: Chat) -> None:
    found = talk(chat, directly=False)
    assert found.clock is not None
    assert found.clock.uncertainty_s * 1000 >= DELAY_MS / 2
    assert deviations(found)[0] <= found.clock.uncertainty_s * 1000 + 2 + found.under_fault.lag_ms
