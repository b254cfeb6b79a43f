"""Defects in boundaries: one user reaches what is another's, or learns that it exists."""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import Iterator
from functools import cached_property
from itertools import count
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from support.reference.agent import Agent, Event
from support.reference.chat import Chat
from support.reference.connection import Connection
from support.reference.defects.catalogue import defect
from support.reference.handshake import Gatekeeper, Refused
from support.reference.messages import CancelRun, Message, Rejected, UserMessage
from support.reference.runs import Runs
from support.reference.store import Run, Store
from support.reference.streams import Streams
from support.reference.tokens import Claims

PIECE = 12
SLOWER_S = 0.15
Data = dict[str, Any]


# In another user's name ------------------------------------------------------------------------


@defect("nested-user-believed", "E5")
class NestedUserBelieved(Connection):
    """A user id deep inside a question is believed"""

    def decode(self, text: str) -> Message:
        message = super().decode(text)
        data = msgspec.json.decode(text).get("data")
        asked = isinstance(data, dict) and isinstance(message, UserMessage)
        claimed = data.get("user_id") if asked else None
        self.user_id = claimed if isinstance(claimed, str) else self.user_id
        return message

    def hear(self, text: str) -> None:
        super().hear(text)
        self.user_id = self.claims.user_id


@defect("request-ids-known-across-users", "E6", "C2")
class RequestIdsKnownAcrossUsers(Store):
    """A request with the id of another user's is taken for that one sent again"""

    def run_of_request(self, user_id: str, request_id: str) -> Run | None:
        return next(self._runs("request_id=?", (request_id,)), None)


# Somebody else's runs --------------------------------------------------------------------------


@defect("counted-runs-cancelled", "E6")
class CountedRunsCancelled(Runs):
    """Runs are counted through, and anyone who guesses the next number can cancel that run"""

    @cached_property
    def numbers(self) -> Iterator[int]:
        """Beyond those given before a restart."""
        return count(int(time.time() * 1000))

    def new_id(self) -> str:
        return f"r-{next(self.numbers)}"

    def find(self, user_id: str, run_id: str) -> Run | None:
        return self.active.get(run_id)


@defect("existence-told-by-shape", "E6")
class ExistenceToldByShape(Runs):
    """The refusal to cancel another user's run has one field more than that of an unknown one"""

    def cancel(self, user_id: str, run_id: str) -> None:
        run = self.active.get(run_id)
        if run is not None and run.user_id != user_id:
            raise Telling("not_found", "There is no such run.")
        super().cancel(user_id, run_id)


class Telling(Rejected):
    """A refusal that says more than it should."""

    def frame(self) -> Data:
        """Return the error with one field too many."""
        return {**super().frame(), "retryable": False}


@defect("existence-told-by-time", "E6")
class ExistenceToldByTime(Connection):
    """Another user's run is looked up at length before cancelling it is refused"""

    def on_cancel_run(self, message: CancelRun) -> None:
        run = self.services.runs.active.get(message.run_id)
        if run is None or run.user_id == self.user_id:
            return super().on_cancel_run(message)
        refusal = Rejected("not_found", "There is no such run.")
        asyncio.get_running_loop().call_later(SLOWER_S, self.reject, refusal)


# Somebody else's words -------------------------------------------------------------------------


def _words_of_others(connection: Connection) -> list[str]:
    runs = connection.services.runs.active.values()
    return [run.content for run in runs if run.user_id != connection.user_id]


@defect("error-quotes-another", "E1", "E6")
class ErrorQuotesAnother(Connection):
    """An error quotes what another user has asked"""

    def reject(self, error: Rejected) -> None:
        for words in _words_of_others(self)[:1]:
            error.message = f"{error.message} The last request was: {words}"
        super().reject(error)


@defect("leak-on-resume", "E1", "H1")
class LeakOnResume(Streams):
    """A replay ends with the newest event of somebody else"""

    def read(self, user_id: str, after: int, limit: int) -> list[tuple[int, str]]:
        batch = super().read(user_id, after, limit)
        others = [(u, s.last_stored) for u, s in self.streams.items() if u != user_id]
        if not batch or not others:
            return batch
        stranger, newest = others[-1]
        strange = super().read(stranger, newest - 1, 1)
        return [*batch, *((batch[-1][0], body) for _, body in strange)]


class _Quoting(Agent):
    """The agent's thoughts hold what another user has asked, in some disguise."""

    @cached_property
    def asked(self) -> dict[str, str]:
        """What every user asked last."""
        return {}

    def thinking(self, run: Run) -> Event:
        self.asked[run.user_id] = run.content
        others = [text for user_id, text in self.asked.items() if user_id != run.user_id]
        type_, data = super().thinking(run)
        return type_, {**data, **(self.disguise(others[-1]) if others else {})}

    def disguise(self, words: str) -> Data:
        """Return the words as further data of an event."""
        raise NotImplementedError


@defect("leak-in-pieces", "E1", "E9")
class LeakInPieces(_Quoting):
    """What another user has asked is spread over several fields of an event"""

    def disguise(self, words: str) -> Data:
        starts = range(0, len(words), PIECE)
        return {"hint": {f"part_{n}": words[n : n + PIECE] for n in starts}}


@defect("leak-in-base64", "E1", "E9")
class LeakInBase64(_Quoting):
    """An event carries what another user has asked, in base64"""

    def disguise(self, words: str) -> Data:
        return {"debug": base64.b64encode(words.encode()).decode()}


@defect("leak-percent-encoded", "E1", "E9")
class LeakPercentEncoded(_Quoting):
    """An event carries an address that holds what another user has asked"""

    def disguise(self, words: str) -> Data:
        return {"source": "/search?q=" + "".join(f"%{byte:02X}" for byte in words.encode())}


@defect("announcement-quotes-someone", "E8")
class AnnouncementQuotesSomeone(Chat):
    """An announcement to everybody quotes what somebody has asked"""

    def announce(self, message: str) -> int:
        asked = [run.content for run in self.runs.active.values()]
        return super().announce(f"{message} (in reply to: {asked[0]})" if asked else message)


# Somebody else's id ----------------------------------------------------------------------------


def _naming_others(kind: str) -> type[Connection]:
    class NamingOthers(Connection):
        def push(self, frame: Data) -> None:
            others = [
                user_id for user_id in self.services.streams.hub.by_user if user_id != self.user_id
            ]
            if frame["type"] == kind and others:
                frame = {**frame, "peers": others}
            super().push(frame)

    return NamingOthers


for _kind, _name, _words in (
    ("ready", "greeting-names-others", "The greeting names who else is there"),
    ("accepted", "acceptance-names-others", "The acceptance of a request names other users"),
):
    defect(_name, "E1", summary=_words)(_naming_others(_kind))


# Rights ----------------------------------------------------------------------------------------


@defect("readers-may-cancel", "E7")
class ReadersMayCancel(Connection):
    """A token that may only read can cancel runs"""

    def on_cancel_run(self, message: CancelRun) -> None:
        self.services.runs.cancel(self.user_id, message.run_id)


@defect("readers-refused", "E7")
class ReadersRefused(Gatekeeper):
    """A token that may only read is not let in"""

    def check_scope(self, claims: Claims) -> None:
        if not claims.may_talk:
            raise Refused(403, "forbidden")


@defect("announcements-unguarded", "E7", "E8")
class AnnouncementsUnguarded(Chat):
    """Announcements are made for anyone who asks, without any token"""

    async def post_announcement(self, request: Request) -> Response:
        message = str((await request.json())["message"])
        return JSONResponse({"announced": self.announce(message)}, 202)
