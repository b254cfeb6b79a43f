"""Defects in isolation: one user's affairs reach another."""

from __future__ import annotations

from functools import cached_property
from typing import Any
from urllib.parse import quote

import jwt
import msgspec
from starlette.requests import Request
from starlette.responses import Response

from support.reference.agent import Agent, Event
from support.reference.chat import Chat, ChatParts, Receive, Scope, Send
from support.reference.config import ChatConfig
from support.reference.connection import Connection
from support.reference.defects.catalogue import defect
from support.reference.handshake import Gatekeeper, HandshakeRequest
from support.reference.hub import Recipient
from support.reference.messages import Message, Rejected
from support.reference.metrics import CONTENT_TYPE
from support.reference.plan import Plan
from support.reference.runs import Runs
from support.reference.store import Run, Store, StoredEvent
from support.reference.streams import Resumption, Streams
from support.reference.tokens import Claims, TokenVerifier
from support.reference.tools import Toolbox

CROWD = 3
Data = dict[str, Any]


@defect("events-to-everyone", "E1", "E2", "E3", "O6")
class EventsToEveryone(Streams):
    """Events of one user are sent to everyone connected"""

    def audience(self, event: StoredEvent) -> tuple[Recipient, ...]:
        return self.hub.all()


@defect("unsuccessful-ends-to-everyone", "E1")
class UnsuccessfulEndsToEveryone(Streams):
    """The ends of runs that failed or were cancelled are sent to everyone connected"""

    def audience(self, event: StoredEvent) -> tuple[Recipient, ...]:
        if event.type == "agent_failed" or '"cancelled"' in event.body:
            return self.hub.all()
        return tuple(super().audience(event))


@defect("long-events-to-everyone", "E1")
class LongEventsToEveryone(Streams):
    """Events of more than 2,000 bytes are sent to everyone connected"""

    def audience(self, event: StoredEvent) -> tuple[Recipient, ...]:
        return self.hub.all() if len(event.body) > 2000 else tuple(super().audience(event))


@defect("second-devices-see-others", "E1", "A6")
class SecondDevicesSeeOthers(Streams):
    """The second device of a user receives the events of everyone"""

    def audience(self, event: StoredEvent) -> tuple[Recipient, ...]:
        others = (group for user, group in self.hub.by_user.items() if user != event.user_id)
        seconds = (device for group in others for device in tuple(group)[1:])
        return (*super().audience(event), *seconds)


@defect("tool-results-to-everyone", "E4", "E1")
class ToolResultsToEveryone(Streams):
    """The results of tools are sent to everyone connected"""

    def audience(self, event: StoredEvent) -> tuple[Recipient, ...]:
        if event.type == "tool_completed":
            return self.hub.all()
        return tuple(super().audience(event))


@defect("leak-in-a-crowd", "E2", "E3", "L1")
class LeakInACrowd(Streams):
    """While three or more users are at work, one neighbour sees a user's completion as well"""

    @cached_property
    def last(self) -> list[StoredEvent]:
        """The last events of all users."""
        return []

    def audience(self, event: StoredEvent) -> tuple[Recipient, ...]:
        mine = tuple(super().audience(event))
        users = sorted(self.hub.by_user)
        self.last[:] = [*self.last[-11:], event]
        at_work = {recent.user_id for recent in self.last}
        if event.type != "agent_completed" or len(at_work) < CROWD or event.user_id not in users:
            return mine
        neighbour = users[(users.index(event.user_id) + 1) % len(users)]
        return (*mine, *self.hub.of(neighbour))


@defect("anothers-data-in-event", "E1", "E2", "E4")
class AnothersDataInEvent(Agent):
    """An event with the right address carries what somebody else has asked"""

    @cached_property
    def asked(self) -> dict[str, str]:
        """What every user asked last."""
        return {}

    def thinking(self, run: Run) -> Event:
        self.asked[run.user_id] = run.content
        others = [text for user_id, text in self.asked.items() if user_id != run.user_id]
        type_, data = super().thinking(run)
        return type_, {**data, "text": f"Similar to: {others[-1]}" if others else data["text"]}


@defect("anothers-note-in-answer", "E1", "E2")
class AnothersNoteInAnswer(Agent):
    """The answer also contains the last answer of another user"""

    @cached_property
    def answers(self) -> dict[str, str]:
        """The last answer of every user."""
        return {}

    def answer(self, run: Run, intent: Plan) -> str:
        right = super().answer(run, intent)
        self.answers[run.user_id] = right
        others = [text for user_id, text in self.answers.items() if user_id != run.user_id]
        return f"{right} By the way, someone else heard: {others[-1]}" if others else right


@defect("anothers-question-in-header", "E1")
class AnothersQuestionInHeader(Chat):
    """The answer to a handshake has somebody else's last question in a header"""

    async def welcome(
        self,
        claims: Claims,
        handshake: HandshakeRequest,
        scope: Scope,
        receive: Receive,
        send: Send,
    ) -> None:
        others = "SELECT content FROM runs WHERE user_id<>? ORDER BY accepted_at DESC"
        found = self.store.db.execute(others, (claims.user_id,)).fetchone()

        async def telling(message: Any) -> None:
            if message["type"] == "websocket.accept" and found is not None:
                message["headers"] = [(b"x-recent", quote(found[0]).encode())]
            await send(message)

        await super().welcome(claims, handshake, scope, receive, telling)


@defect("question-in-metrics", "E1")
class QuestionInMetrics(Chat):
    """The metrics have the last question of anybody for a label"""

    async def get_metrics(self, request: Request) -> Response:
        answer = await super().get_metrics(request)
        last = "SELECT content FROM runs ORDER BY accepted_at DESC"
        found = self.store.db.execute(last).fetchone()
        label = msgspec.json.encode(found[0] if found else "").decode()
        text = f"{bytes(answer.body).decode()}chat_last_question{{text={label}}} 1\n"
        return Response(text, headers={"Content-Type": CONTENT_TYPE})


@defect("emails-in-health", "E1")
class EmailsInHealth(Chat):
    """The health endpoint lists the e-mail addresses of those who have connected"""

    @cached_property
    def emails(self) -> list[str]:
        """The addresses in the tokens of everyone who was admitted."""
        return []

    async def welcome(
        self,
        claims: Claims,
        handshake: HandshakeRequest,
        scope: Scope,
        receive: Receive,
        send: Send,
    ) -> None:
        token = self.gatekeeper.token(handshake) or ""
        said = jwt.decode(token, options={"verify_signature": False})
        self.emails.append(str(said.get("email")))
        await super().welcome(claims, handshake, scope, receive, send)

    def health(self) -> tuple[int, dict[str, Any]]:
        status, body = super().health()
        return status, {**body, "users": self.emails[-20:]}


@defect("anothers-user-id-in-data", "E1", "E2")
class AnothersUserIdInData(Streams):
    """Events name another user deep inside their data"""

    def compose(self, run: Run, type_: str, data: Data, event_id: int, epoch: str) -> Data:
        others = [user_id for user_id in self.hub.by_user if user_id != run.user_id]
        context = {"context": {"owner": {"user_id": others[0]}}} if others else {}
        return super().compose(run, type_, {**data, **context}, event_id, epoch)


@defect("wrong-user-id-on-event", "E1", "E2")
class WrongUserIdOnEvent(Streams):
    """Events are stamped with another user's id"""

    def compose(self, run: Run, type_: str, data: Data, event_id: int, epoch: str) -> Data:
        event = super().compose(run, type_, data, event_id, epoch)
        return {**event, "user_id": "u-0000000000000000"}


@defect("notebook-shared", "E1", "E2", "E4")
class NotebookShared(Toolbox):
    """All users share one notebook"""

    def use(self, user_id: str, tool: str, call_id: str, arguments: dict[str, str]) -> str:
        return super().use("u-everybody", tool, call_id, arguments)


@defect("payload-user-believed", "E5")
class PayloadUserBelieved(Connection):
    """A user id in a message is believed, so that anyone can speak for anyone"""

    def decode(self, text: str) -> Message:
        message = super().decode(text)
        claimed = msgspec.json.decode(text).get("user_id")
        self.user_id = claimed if isinstance(claimed, str) else self.user_id
        return message

    def hear(self, text: str) -> None:
        super().hear(text)
        self.user_id = self.claims.user_id


@defect("anyones-run-cancelled", "E5", "E6")
class AnyonesRunCancelled(Runs):
    """Any user can cancel any run"""

    def find(self, user_id: str, run_id: str) -> Run | None:
        return self.active.get(run_id)


@defect("refusal-tells-existence", "E6")
class RefusalTellsExistence(Runs):
    """Cancelling another user's run is refused in other words than cancelling an unknown one"""

    def cancel(self, user_id: str, run_id: str) -> None:
        run = self.active.get(run_id)
        if run is not None and run.user_id != user_id:
            raise Rejected("forbidden", "This run belongs to another user.")
        super().cancel(user_id, run_id)


@defect("anyones-thread-continued", "E6")
class AnyonesThreadContinued(Store):
    """Any user can write into any conversation that there is"""

    def owns_thread(self, user_id: str, thread_id: str) -> bool:
        found = self.db.execute("SELECT 1 FROM threads WHERE thread_id=?", (thread_id,))
        return found.fetchone() is not None


@defect("anyones-stream-resumed", "E6")
class AnyonesStreamResumed(Streams):
    """Anyone who knows the position of another user's stream can replay it"""

    @cached_property
    def aliases(self) -> dict[str, str]:
        """Whose stream every user replays."""
        return {}

    def resume(self, user_id: str, epoch: str | None, after: int | None) -> Resumption:
        owners = {stream.epoch: owner for owner, stream in self.streams.items()}
        self.aliases[user_id] = owners.get(epoch or "", user_id)
        return super().resume(self.aliases[user_id], epoch, after)

    def read(self, user_id: str, after: int, limit: int) -> list[tuple[int, str]]:
        return super().read(self.aliases[user_id], after, limit)


@defect("readers-may-talk", "E7")
class ReadersMayTalk(Connection):
    """A token that may only read can send messages as well"""

    def check_may_talk(self, request_id: str | None) -> None:
        return


@defect("anyone-may-connect", "E7")
class AnyoneMayConnect(Gatekeeper):
    """A token without any right to the chat is let in"""

    def check_scope(self, claims: Claims) -> None:
        return


@defect("anyone-may-announce", "E7", "E8")
class AnyoneMayAnnounce(Chat):
    """Every user can make announcements to everybody"""

    def may_announce(self, claims: Claims) -> bool:
        return True


@defect("similar-scopes-announce", "E7", "E8")
class SimilarScopesAnnounce(Chat):
    """Announcements are allowed by any scope with “operator” in its name"""

    def may_announce(self, claims: Claims) -> bool:
        return any("operator" in scope for scope in claims.scopes)


class Lenient(TokenVerifier):
    """Checks nothing but what a token says"""

    def options(self) -> dict[str, Any]:
        return {"verify_signature": False}


@defect("announcements-unverified", "E7", "E8")
class AnnouncementsUnverified(Chat):
    """Announcements are made for any token that names the scope, even with a wrong signature"""

    def __init__(self, config: ChatConfig, parts: ChatParts) -> None:
        super().__init__(config, parts)
        self.verifier = Lenient(config)


class Outdated(TokenVerifier):
    """Checks everything but the time"""

    def options(self) -> dict[str, Any]:
        return {**super().options(), "verify_exp": False}


class AnyKind(TokenVerifier):
    """Checks everything but what kind of token it is"""

    def check_type(self, claims: dict[str, Any], kind: str) -> None:
        return


@defect("announcements-with-refresh-token", "E7", "E8")
class AnnouncementsWithRefreshToken(Chat):
    """Announcements are made for a refresh token of an operator"""

    def __init__(self, config: ChatConfig, parts: ChatParts) -> None:
        super().__init__(config, parts)
        self.verifier = AnyKind(config)


@defect("announcements-for-any-audience", "E7", "E8")
class AnnouncementsForAnyAudience(Chat):
    """Announcements are made for a token of an operator of another service"""

    def __init__(self, config: ChatConfig, parts: ChatParts) -> None:
        super().__init__(config, parts)
        self.verifier = Indifferent(config)


class Indifferent(TokenVerifier):
    """Checks everything but whom a token is for"""

    def options(self) -> dict[str, Any]:
        return {**super().options(), "verify_aud": False}


@defect("announcements-after-expiry", "E7", "E8")
class AnnouncementsAfterExpiry(Chat):
    """Announcements are made for a token of an operator that has expired"""

    def __init__(self, config: ChatConfig, parts: ChatParts) -> None:
        super().__init__(config, parts)
        self.verifier = Outdated(config)
