"""The one event loop of a session, in a thread of its own, never blocked and never frozen.

behave runs async steps with `run_until_complete`, which stops the loop between steps: receive times
and keepalive pings would stall. Steps are run on this loop instead.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from support.client.arrival import ReceivingLoop

T = TypeVar("T")

LAG_PROBE_S = 0.02


class StepCancelled(Exception):
    """A coroutine was cancelled from within; behave would end the whole run on the original."""


class StepTimeout(Exception):
    """A coroutine did not end in time; every wait in a step has a shorter deadline of its own."""

    cause = "product"


class BackgroundLoop:
    """An asyncio loop in a daemon thread."""

    def __init__(self) -> None:
        self.loop = ReceivingLoop()
        self._thread = threading.Thread(target=self._run, name="greenlight-loop", daemon=True)
        self._thread.start()

    def run(self, coroutine: Coroutine[Any, Any, T], timeout_s: float = 300.0) -> T:
        """The coroutine's result, computed on the loop. Raises what it raises.

        A cancellation, or an attempt to end the process, becomes `StepCancelled`. A
        `KeyboardInterrupt` in the calling thread cancels the coroutine and goes on.
        """
        future = asyncio.run_coroutine_threadsafe(_contained(coroutine), self.loop)
        try:
            return future.result(timeout_s)
        except (asyncio.CancelledError, concurrent.futures.CancelledError) as error:
            raise StepCancelled("it was cancelled from within") from error
        except concurrent.futures.TimeoutError as error:
            if future.done():
                raise  # the coroutine's own TimeoutError
            future.cancel()
            raise StepTimeout(f"the step did not end within {timeout_s:g} s") from error
        except KeyboardInterrupt:
            future.cancel()
            raise

    def close(self) -> None:
        """Cancel what still runs, stop the loop, end the thread. Idempotent."""
        if self.loop.is_closed():
            return
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(5)

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()
        pending = asyncio.all_tasks(self.loop)
        for task in pending:
            task.cancel()
        self.loop.run_until_complete(asyncio.gather(*pending, return_exceptions=True))
        self.loop.run_until_complete(self.loop.shutdown_default_executor())
        self.loop.close()


async def _contained(coroutine: Coroutine[Any, Any, T]) -> T:
    """asyncio lets these out of a task end its loop, and with it every connection."""
    try:
        return await coroutine
    except SystemExit as error:
        raise StepCancelled(f"it tried to end the whole run: sys.exit({error})") from error
    except KeyboardInterrupt as error:
        raise StepCancelled("it tried to end the whole run: KeyboardInterrupt") from error


async def watch_lag(report: Callable[[float], object], every_s: float = 1.0) -> None:
    """Report, about every `every_s`, the longest time in ms by which this loop came late.

    A client on the machine that also runs the deployment measures its own queueing, too.
    """
    loop = asyncio.get_running_loop()
    worst, since = 0.0, loop.time()
    while True:
        due = loop.time() + LAG_PROBE_S
        await asyncio.sleep(LAG_PROBE_S)
        worst = max(worst, (loop.time() - due) * 1000)
        if loop.time() - since >= every_s:
            report(worst)
            worst, since = 0.0, loop.time()
