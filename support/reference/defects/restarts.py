"""Defects around restarts and outages of the service itself."""

from __future__ import annotations

import asyncio
import secrets
from collections import Counter
from functools import cached_property
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from support.reference.agent import Agent, Event
from support.reference.chat import Chat
from support.reference.connection import Connection
from support.reference.defects.catalogue import defect
from support.reference.hub import Recipient
from support.reference.messages import UserMessage
from support.reference.plan import Plan
from support.reference.runs import Runs
from support.reference.store import Run, Store, StoreError
from support.reference.streams import RETRY_S, Resumption, Streams
from support.reference.users import Users


@defect("accepted-lost-on-crash", "H7")
class AcceptedLostOnCrash(Chat):
    """Runs that were accepted before a crash are never heard of again"""

    async def start(self) -> None:
        self.runs.restore = lambda: None  # type: ignore[method-assign]
        await super().start()


@defect("stream-lost-on-restart", "H7", "H4", "B3")
class StreamLostOnRestart(Store):
    """After a restart every stream begins anew"""

    def stream(self, user_id: str) -> tuple[str, int, int]:
        _, newest, oldest = super().stream(user_id)
        return f"e-{secrets.token_hex(6)}", newest, oldest


@defect("run-starts-over-after-restart", "H7", "B3")
class RunStartsOverAfterRestart(Store):
    """After a restart an unfinished run tells its whole story again"""

    def unfinished_runs(self) -> list[Run]:
        runs = super().unfinished_runs()
        for run in runs:
            run.step, run.results = 0, []
        return runs


@defect("run-ids-given-again-after-restart", "H7")
class RunIdsGivenAgain(Runs):
    """A user's runs are counted from 1 after every restart, and replace those before it"""

    @cached_property
    def asked(self) -> Counter[str]:
        """How often each user has asked since the start."""
        return Counter()

    def find_or_add(self, user_id: str, message: UserMessage) -> tuple[Run, bool]:
        self.asked[user_id] += 1
        self.next_id = f"r-{user_id}-{self.asked[user_id]}"
        self.store.db.execute("DELETE FROM runs WHERE run_id=?", (self.next_id,))
        return super().find_or_add(user_id, message)

    def new_id(self) -> str:
        return self.next_id


@defect("restart-not-announced", "B3")
class RestartNotAnnounced(Chat):
    """Before a restart connections are closed without a warning"""

    def dismiss(self, connection: Recipient) -> None:
        connection.close(1012, "restart")


@defect("restart-without-return-time", "B3")
class RestartWithoutReturnTime(Connection):
    """The warning of a restart does not say when to reconnect"""

    def push(self, frame: dict[str, Any]) -> None:
        super().push({key: value for key, value in frame.items() if key != "retry_after_s"})


@defect("restart-cuts", "B3")
class RestartCuts(Connection):
    """A restart simply cuts everybody's connection"""

    def announce_restart(self, reason: str, retry_after_s: float) -> None:
        self.socket.transport.abort()


@defect("restart-loses-runs", "B3")
class RestartLosesRuns(Runs):
    """Runs under way at a planned restart end as failed"""

    def stop(self) -> None:
        for run in tuple(self.active.values()):
            self.tasks[run.run_id].cancel()
            self.agent.interrupt(run)
        self.streams.flush()


@defect("store-outage-hidden", "H10")
class StoreOutageHidden(Chat):
    """Health says that all is well while nothing can be stored"""

    def store_state(self) -> str:
        return "ok"


@defect("store-outage-loses-events", "H10")
class StoreOutageLosesEvents(Streams):
    """Events that cannot be stored at once are dropped"""

    def flush(self) -> None:
        try:
            super().flush()
        except StoreError:
            self.pending = []


@defect("store-outage-not-told", "H10")
class StoreOutageNotTold(Runs):
    """Messages that cannot be stored are taken all the same, and lost"""

    def start(self, run: Run) -> None:
        if run.finished:
            return
        super().start(run)

    def accept(self, user_id: str, message: Any) -> tuple[Run, bool]:
        try:
            return self.find_or_add(user_id, message)
        except StoreError:
            lost = Run(f"r-{secrets.token_hex(8)}", user_id, "t-lost", "", "", 0.0, finished=True)
            return lost, False


@defect("store-outage-silent", "H10")
class StoreOutageSilent(Connection):
    """Questions that cannot be stored are answered only once the store is back"""

    def on_user_message(self, message: UserMessage) -> None:
        try:
            self.services.runs.store.probe()
        except StoreError:
            asyncio.get_running_loop().call_later(RETRY_S, self.on_user_message, message)
        else:
            super().on_user_message(message)


@defect("health-silent-in-outage", "H10", "B5")
class HealthSilentInOutage(Chat):
    """While nothing can be stored, the health endpoint gives no answer at all"""

    async def get_health(self, request: Request) -> Response:
        while self.store_state() != "ok":
            await asyncio.sleep(RETRY_S)
        return await super().get_health(request)


@defect("interrupted-runs-stay-open", "H7")
class InterruptedRunsStayOpen(Agent):
    """A run that was under way during a crash goes on, but never ends"""

    @cached_property
    def begun(self) -> set[str]:
        """The runs that began since the start of the process."""
        return set()

    def ended(self, run: Run, intent: Plan) -> Event:
        return super().ended(run, intent) if run.run_id in self.begun else self.thinking(run)

    def started(self, run: Run) -> Event:
        self.begun.add(run.run_id)
        return super().started(run)


@defect("requests-forgotten-on-restart", "H7", "C2")
class RequestsForgottenOnRestart(Store):
    """After a restart a repeated request is taken for a new one"""

    @cached_property
    def remembered(self) -> set[str]:
        """The requests since the start of the process."""
        return set()

    def add_run(self, run: Run) -> None:
        self.remembered.add(run.request_id)
        super().add_run(run)

    def run_of_request(self, user_id: str, request_id: str) -> Run | None:
        found = super().run_of_request(user_id, request_id)
        return found if found is not None and request_id in self.remembered else None


@defect("no-resume-after-restart", "H7", "B3")
class NoResumeAfterRestart(Streams):
    """Places from before a restart are called unknown"""

    @cached_property
    def born(self) -> dict[str, int]:
        """Where each stream stood when it was first used in this process."""
        return {}

    def resume(self, user_id: str, epoch: str | None, after: int | None) -> Resumption:
        stood = self.born.setdefault(user_id, self.of(user_id).last_stored)
        if after is not None and after <= stood and stood:
            return Resumption(False, "expired")
        return super().resume(user_id, epoch, after)


@defect("unwell-after-outage", "H10")
class UnwellAfterOutage(Chat):
    """Once the store has been away, health never gets well again"""

    unwell = False

    def store_state(self) -> str:
        self.unwell = self.unwell or super().store_state() != "ok"
        return "unavailable" if self.unwell else "ok"


@defect("accounts-forgotten-on-restart", "H10", "F4")
class AccountsForgottenOnRestart(Users):
    """After a restart of the auth service nobody has an account any more"""

    def __init__(self, path: Path, rounds: int) -> None:
        super().__init__(path, rounds)
        self.db.execute("DELETE FROM users")


@defect("notebook-shared-after-restart", "E4")
class NotebookSharedAfterRestart(Store):
    """Notes that were stored before a restart are visible to all users"""

    @cached_property
    def found(self) -> list[str]:
        """All notes that were there when the first was asked for in this process."""
        return [row[0] for row in self.db.execute("SELECT note FROM notes")]

    def add_note(self, user_id: str, call_id: str, note: str) -> None:
        _ = self.found
        super().add_note(user_id, call_id, note)

    def notes(self, user_id: str) -> list[str]:
        own = super().notes(user_id)
        return [*own, *(note for note in self.found if note not in own)]
