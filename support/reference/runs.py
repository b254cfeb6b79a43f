"""The runs under way: accepted once, performed in the background, carried over a restart."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time

from support.reference.agent import Agent
from support.reference.messages import Rejected, UserMessage
from support.reference.store import Run, Store, StoreError
from support.reference.streams import RETRY_S, Streams

log = logging.getLogger(__name__)


class Runs:
    """Starts, cancels and restores runs, each in its own task."""

    def __init__(self, store: Store, streams: Streams, agent: Agent, runs_per_user: int) -> None:
        self.store = store
        self.streams = streams
        self.agent = agent
        self.runs_per_user = runs_per_user
        self.active: dict[str, Run] = {}
        self.by_user: dict[str, set[str]] = {}
        self.tasks: dict[str, asyncio.Task[None]] = {}

    def accept(self, user_id: str, message: UserMessage) -> tuple[Run, bool]:
        """Return the stored run of this request and whether it was known before.

        Raises Rejected with ``not_found`` for a thread that is not the user's, and with
        ``overloaded`` when the user has too many runs open or the store cannot be written.
        """
        try:
            return self.find_or_add(user_id, message)
        except StoreError as error:
            log.warning("a message was turned away: %s", error)
            raise Rejected(
                "overloaded", "The store is not available; try again.", message.request_id
            ) from None

    def find_or_add(self, user_id: str, message: UserMessage) -> tuple[Run, bool]:
        """Return the run of this request, storing it if it is new; see ``accept``."""
        known = self.known(user_id, message.request_id)
        if known is not None:
            return known, True
        if message.thread_id is not None and not self.store.owns_thread(user_id, message.thread_id):
            raise Rejected("not_found", "There is no such thread.", message.request_id)
        if len(self.of(user_id)) >= self.runs_per_user:
            raise Rejected("overloaded", "Too many runs at once; try again.", message.request_id)
        run = Run(
            run_id=self.new_id(),
            user_id=user_id,
            thread_id=message.thread_id or self.new_thread_id(),
            request_id=message.request_id,
            content=message.content,
            accepted_at=time.time(),
        )
        self.store.add_run(run)
        return run, False

    def new_id(self) -> str:
        """Return a run id that nobody can guess."""
        return f"r-{secrets.token_hex(8)}"

    def new_thread_id(self) -> str:
        """Return a thread id that nobody can guess."""
        return f"t-{secrets.token_hex(8)}"

    def known(self, user_id: str, request_id: str) -> Run | None:
        """Return the run this request started before, if it did."""
        return self.store.run_of_request(user_id, request_id)

    def of(self, user_id: str) -> set[str]:
        """Return the ids of the user's runs under way."""
        return self.by_user.get(user_id, set())

    def start(self, run: Run) -> None:
        """Perform ``run`` in the background."""
        self.active[run.run_id] = run
        self.by_user.setdefault(run.user_id, set()).add(run.run_id)
        self.tasks[run.run_id] = asyncio.create_task(self.perform(run))

    async def perform(self, run: Run) -> None:
        """Carry the run to its end, whatever happens to it on the way."""
        try:
            await self.perform_when_possible(run)
        except Exception:
            log.exception("a run failed")
            self.agent.interrupt(run)
        self.forget(run)

    async def perform_when_possible(self, run: Run) -> None:
        """Carry the run to its end; while the store is away, wait for it."""
        while True:
            try:
                return await self.agent.perform(run)
            except StoreError as error:
                log.warning("a run waits for the store: %s", error)
                await asyncio.sleep(RETRY_S)

    def forget(self, run: Run) -> None:
        """Drop a run that is over."""
        self.active.pop(run.run_id, None)
        self.tasks.pop(run.run_id, None)
        mine = self.of(run.user_id)
        mine.discard(run.run_id)
        if not mine:
            self.by_user.pop(run.user_id, None)

    def cancel(self, user_id: str, run_id: str) -> None:
        """End the user's run now; raise Rejected with ``not_found`` if it is not theirs to end."""
        run = self.find(user_id, run_id)
        if run is None or run.finished:
            raise Rejected("not_found", "There is no such run.")
        self.tasks[run_id].cancel()
        self.forget(run)
        self.agent.cancel(run)

    def find(self, user_id: str, run_id: str) -> Run | None:
        """Return the user's own run under way with this id."""
        run = self.active.get(run_id)
        return run if run is not None and run.user_id == user_id else None

    def restore(self) -> None:
        """Go on with every run that was accepted before a restart and has not ended."""
        for run in self.store.unfinished_runs():
            self.start(run)

    def stop(self) -> None:
        """Halt every run between two events; what they have done so far is stored."""
        for task in self.tasks.values():
            task.cancel()
        self.streams.flush()
