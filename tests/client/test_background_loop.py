"""One event loop, never blocked, never frozen, and never the end of the run."""

from __future__ import annotations

import asyncio
import signal
import threading
import time
from collections.abc import Iterator

import pytest

from support.client import BackgroundLoop, StepCancelled, StepTimeout, watch_lag

PATIENCE_S = 10.0


@pytest.fixture
def background() -> Iterator[BackgroundLoop]:
    loop = BackgroundLoop()
    yield loop
    loop.close()


async def forever(started: threading.Event, ended: threading.Event) -> None:
    """Waits until somebody cancels it, and says so."""
    started.set()
    try:
        await asyncio.Event().wait()
    finally:
        ended.set()


def test_a_coroutine_gives_its_result(background: BackgroundLoop) -> None:
    async def answer() -> int:
        await asyncio.sleep(0)
        return 84

    assert background.run(answer()) == 84


def test_a_coroutine_raises_what_it_raises(background: BackgroundLoop) -> None:
    async def fail() -> None:
        raise LookupError("not here")

    with pytest.raises(LookupError, match="not here"):
        background.run(fail())


def test_a_coroutines_own_timeout_is_its_own(background: BackgroundLoop) -> None:
    async def give_up() -> None:
        raise TimeoutError("the deployment took too long")

    with pytest.raises(TimeoutError, match="the deployment took too long"):
        background.run(give_up())


def test_a_cancellation_from_within_ends_the_step_alone(background: BackgroundLoop) -> None:
    async def cancelled() -> None:
        raise asyncio.CancelledError

    with pytest.raises(StepCancelled):
        background.run(cancelled())
    assert isinstance(StepCancelled(), Exception)


def test_a_task_that_cancels_itself_ends_the_step_alone(background: BackgroundLoop) -> None:
    async def cancels_itself() -> None:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        await asyncio.sleep(PATIENCE_S)

    with pytest.raises(StepCancelled):
        background.run(cancels_itself())


def test_an_exit_ends_the_step_alone_and_the_loop_goes_on(background: BackgroundLoop) -> None:
    async def leave() -> None:
        raise SystemExit(3)

    with pytest.raises(StepCancelled, match=r"sys\.exit\(3\)"):
        background.run(leave())
    background.run(asyncio.sleep(0))


def test_a_step_that_does_not_end_is_cancelled(background: BackgroundLoop) -> None:
    started, ended = threading.Event(), threading.Event()
    with pytest.raises(StepTimeout, match=r"within 0\.05 s"):
        background.run(forever(started, ended), timeout_s=0.05)
    assert ended.wait(PATIENCE_S)


@pytest.mark.skipif(
    threading.current_thread() is not threading.main_thread(), reason="signals reach it alone"
)
def test_ctrl_c_cancels_the_step_and_goes_on(background: BackgroundLoop) -> None:
    started, ended = threading.Event(), threading.Event()
    main = threading.main_thread().ident
    assert main is not None

    async def interrupted() -> None:
        await asyncio.sleep(0.1)  # so that the main thread is waiting for us
        signal.pthread_kill(main, signal.SIGINT)
        await forever(started, ended)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            background.run(interrupted(), timeout_s=PATIENCE_S)
    finally:
        signal.signal(signal.SIGINT, before)
    assert ended.wait(PATIENCE_S)
    background.run(asyncio.sleep(0))


def test_the_loop_goes_on_while_nobody_calls(background: BackgroundLoop) -> None:
    ticks, enough = [], threading.Event()

    async def tick() -> None:
        while len(ticks) < 20:
            ticks.append(time.monotonic())
            await asyncio.sleep(0.005)
        enough.set()

    async def begin() -> asyncio.Task[None]:
        return asyncio.create_task(tick())

    task = background.run(begin())
    assert enough.wait(PATIENCE_S)  # the main thread does nothing else
    assert task is not None


def test_closing_cancels_what_is_left_and_ends_the_thread() -> None:
    background = BackgroundLoop()
    started, ended = threading.Event(), threading.Event()
    asyncio.run_coroutine_threadsafe(forever(started, ended), background.loop)
    assert started.wait(PATIENCE_S)
    background.close()
    assert ended.is_set()
    assert background.loop.is_closed()
    background.close()


def test_a_late_loop_is_reported(background: BackgroundLoop) -> None:
    lags: list[float] = []
    reported = threading.Event()

    def report(worst_ms: float) -> None:
        lags.append(worst_ms)
        reported.set()

    async def come_late() -> asyncio.Task[None]:
        watch = asyncio.create_task(watch_lag(report))
        await asyncio.sleep(0)
        time.sleep(0.2)  # blocks the loop: that is what is looked for
        return watch

    watch = background.run(come_late())
    assert reported.wait(PATIENCE_S)
    assert lags[0] > 100
    assert watch is not None
