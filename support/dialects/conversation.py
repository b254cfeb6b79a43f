"""One connection, as the dialect sees it: how it is opened, the hello dialogue, what arrives.

Sans I/O: a connection asks what to send, and hands in what arrives.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlencode

import msgspec

from support.config.errors import DeploymentError, NotOffered
from support.dialects.endings import refusals_for
from support.dialects.expressions import MISSING, Getter, compiled, is_true
from support.dialects.flow import Flow
from support.dialects.frames import Messages, messages_in
from support.dialects.framings import encoder
from support.dialects.json_text import as_json
from support.dialects.reader import Reading
from support.dialects.schema import Hello
from support.dialects.signing import signed
from support.dialects.speaker import Outgoing, Person, Request, as_text
from support.dialects.templates import PLACEHOLDER, placeholders, without, without_credentials
from support.dialects.wire import PLACE, Wire
from support.journal import facts


class Handshake(msgspec.Struct, frozen=True):
    """What to send when a connection is opened; `path` has its query."""

    path: str
    headers: dict[str, str]
    subprotocols: list[str]


class Heard(msgspec.Struct, frozen=True):
    """The facts in one frame, and what has to be sent back at once. `rules` as `Reading.rules`.

    `farewell`: it is the answer that the last message of the user waits for.
    """

    facts: tuple[facts.AnyFact, ...]
    replies: tuple[Outgoing, ...] = ()
    rules: tuple[int, ...] = ()
    farewell: bool = False


class Conversation:
    """What a dialect remembers of one connection."""

    def __init__(self, wire: Wire, person: Person) -> None:
        self._wire = wire
        self._data = wire.data
        self._person = person
        self._id = uuid.uuid4().hex
        self._flow = Flow(person.values, person.asking)
        self._session = ""
        self._again = self._new = self._anew = False
        self._framing = wire.framing() if wire.framing is not None else None
        self._unpacked: bytes | None = None
        self._steps: list[Hello] = []
        self._token: str | None = None
        self._last = self._once = ""
        self._refusals: list[Getter] = []
        self._resumed = self._greeted = False
        self._came_from: dict[str, Any] = {}
        self._encode = encoder(self._framing) if self._framing else as_text
        #: True once the dialogue is over; a greeting may still be awaited.
        self.established = False
        #: True where the deployment itself says that a user is connected.
        self.greets = wire.greets

    def signed(
        self, method: str, url: str, headers: dict[str, str], body: Any, token: str | None
    ) -> dict[str, str]:
        """The headers of a request of this user, with a signature where the dialect has one."""
        known = {**self._person.values, "token": token}
        return signed(self._wire.signature, method, url, headers, body, known)

    def handshake(
        self,
        token: str | None,
        way: str,
        *,
        resuming: bool = False,
        address: Callable[[str], str] = str,
    ) -> Handshake:
        """How to open the connection with `token` (None: without any), at the `address` of a path.

        Raises `NotOffered` where tokens do not travel that way.
        """
        rules = self._data.handshake
        chosen = rules.ways.get(way)
        if chosen is None:
            raise NotOffered(f"with this kind of backend no token travels by {way}")
        query = dict(chosen.query)
        self._again = bool(self._person.devices)
        resuming = resuming and self._again
        before = set(self._person.devices)
        self._session = self._person.device(again=resuming)
        self._new = self._session not in before
        self._flow = self._person.devices[self._session]
        self._anew = not self._new and self._data.resume.forgets(void=self._flow.void)
        known = self._started() if resuming else self._flow.values()
        self._came_from = dict(self._flow.place)
        self._flow.tell_again()
        if resuming:
            resumes = {
                k: v
                for k, v in self._data.resume.query.items()
                if all(known.get(n) is not None for n in PLACEHOLDER.findall(v))
            }
            query |= resumes
            self._resumed = self._data.resume.mode == "session" or bool(resumes)
        query, headers = self._admitted(query, token), self._admitted(chosen.headers, token)
        credentials = self._credentials(token)
        values = {**known, **credentials, "connection": self._id, "session": self._session}
        path = str(self._person.filled(rules.path, **values))
        asked = {k: self._person.filled(v, **values) for k, v in query.items()}
        if asked:
            path += ("&" if "?" in path else "?") + urlencode(asked)
        protocols = self._admitted(chosen.subprotocols, token)
        filled = {k: str(self._person.filled(v, **values)) for k, v in headers.items()}
        return Handshake(
            path,
            self.signed("GET", address(path), filled, None, token),
            [str(self._person.filled(p, **values)) for p in protocols],
        )

    def _started(self) -> dict[str, Any]:
        """What a device that comes back knows: with nothing read it stands where the file says."""
        rules = self._data.resume
        if rules.start is not None:
            place = "cursor" if rules.mode == "cursor" else "position"
            self._flow.place.setdefault(place, rules.start)
        return self._flow.values()

    def may_be_refused(self, why: str) -> None:
        """From now on the error messages that refuse a caller for `why` are read as such."""
        accepted = refusals_for(why, self._data.handshake.refusals)
        self._refusals = [compiled(one.error) for one in accepted if one.error is not None]

    def opened(self, token: str | None) -> list[Outgoing]:
        """The WebSocket is open: what to send first."""
        wanted = {"always", "again" if self._again else "first", "new" if self._new else "back"}
        self._token = token
        self._person.connections.append(self._id)
        self._steps = [step for step in self._data.hello if step.when in wanted]
        return self._framed(self._framing.opening() if self._framing else []) + self._advance()

    def over(self) -> None:
        """The connection has ended, or never came to be."""
        if self._id in self._person.connections:
            self._person.connections.remove(self._id)
        if self._session:
            if not self._greeted:
                self._forget_what_came()
            never = self._new and not self.established
            self._person.disconnected(self._session, forget=never)

    def _forget_what_came(self) -> None:
        """What came before a greeting that never came was received by nobody."""
        before = self._came_from
        for name in {*before, *self._flow.place}:
            if self._flow.place.get(name) != before.get(name):
                self._flow.keep_place(name, before.get(name))

    def sent(self, fact: facts.AnyFact) -> None:
        """A message is on its way."""
        if isinstance(fact, facts.Asked) and self._wire.reader.stateful:
            self._flow.asking.asked.append(fact.request_id)
        elif isinstance(fact, facts.Subscribing):
            self._flow.tell_again()

    def as_text(self, frame: str | bytes) -> str | bytes:
        """A binary frame that carries messages as text, for secrets in it to be found.

        `read` takes that text, with whatever was replaced in it, in the place of the frame.
        """
        self._unpacked = None
        if isinstance(frame, str):
            return frame
        try:
            if self._framing is not None:
                text = msgspec.json.encode(self._framing.decode(frame)).decode()
                self._unpacked = frame
                return text
            return frame.decode() if self._data.frames.binary == "json" else frame
        except Exception:  # it may be somebody else's code; `read` says what is wrong
            return frame

    def read(self, frame: str | bytes) -> Heard:
        """The facts in one native frame; never raises, and is empty only for what means nothing."""
        fact = self.plain(frame)
        return self.by_rules(frame) if fact is None else Heard((fact,))

    def plain(self, frame: str | bytes) -> facts.AnyFact | None:
        """The fact of a frame that the compiled reader knows; None for any other."""
        typed = None if self._last or self._refusals else self._wire.typed
        if typed is None or not self.established or not isinstance(frame, str):
            return None
        fact = typed(frame)
        return self._greeting(fact) if isinstance(fact, facts.Ready) else fact

    def by_rules(self, frame: str | bytes) -> Heard:
        """As `read`, of a frame that is not `plain`."""
        found: list[facts.AnyFact] = []
        replies: list[Outgoing] = []
        rules: list[int] = []
        farewell = False
        if self._unpacked is not None and isinstance(frame, str):
            said: Messages | facts.Unreadable = Messages(tuple(as_json(frame) or ()))
            frame = self._unpacked
        else:
            said = messages_in(frame, self._data.frames, self._framing)
        if isinstance(said, facts.Unreadable):
            return Heard((said,))
        replies += self._framed(self._framing.reply(frame) if self._framing else [])
        for message in said.messages:
            reading = self._wire.reader.read(message, self._flow)
            if self._refuses(message, reading):
                found.append(facts.TurnedAway())
                continue
            hello, more = self._greet(message)
            found += reading.facts + hello
            replies += [self._reply(reply) for reply in reading.replies] + more
            rules += reading.rules
            self._remember(message, reading)
            last = bool(self._last) and self._awaited(self._last, message)
            farewell |= last
            if not (reading.rules or hello or more or last):
                found.append(facts.Unreadable(why=self._wire.unmatched))
        if self._last:  # whatever comes of the removal is no run's any more
            found = [facts.Ignored(type="after the last message")]
        return Heard(tuple(map(self._follows, found)), tuple(replies), tuple(rules), farewell)

    def implied(self) -> facts.Ready:
        """The greeting of a backend that greets nobody."""
        return self._greeting(facts.Ready())

    def _follows(self, fact: facts.AnyFact) -> facts.AnyFact:
        if isinstance(fact, facts.Ready):
            return self._greeting(fact)
        return fact

    def _greeting(self, said: facts.Ready) -> facts.Ready:
        """The greeting, and what comes after it on this connection."""
        self._greeted = True
        return msgspec.structs.replace(said, follows=self._how_it_follows(), anew=self._anew)

    def _how_it_follows(self) -> str:
        if not self._wire.unasked:
            return ""
        return "resumed" if self._resumed else "live"

    def _refuses(self, message: Any, reading: Reading) -> bool:
        """True for a message that refuses the caller, and says nothing else."""
        others = [f for f in reading.facts if not isinstance(f, facts.Rejected | facts.Ignored)]
        return not others and any(is_true(refuses(message)) for refuses in self._refusals)

    def probe(self, request_id: str, text: str) -> list[Outgoing]:
        """A question of somebody who was refused; none where nothing is kept that it needs."""
        self._person.sent += 1
        known: dict[str, Any] = {"request_id": request_id, "text": text, "connection": self._id}
        template = self._data.send["ask"].message
        known |= {**self._credentials(self._token), "number": self._person.sent}
        try:
            message = self._person.filled(self._admitted(template, self._token), **known)
        except DeploymentError:
            return []
        fact = facts.AccessAttempted(what="right", whose="the agent")
        return [] if template is None else [Outgoing(self._encode(message), fact)]

    def answered(self, status: int | None, text: str, request: Request) -> Heard:
        """What the answer to an intention sent over HTTP says, by the same rules.

        They see it as `http.sent` (the intention), `http.status` and `http.body`. An answer that
        does not mean success is a rejection.
        """
        body = as_json(text)
        for name, expression in request.call.capture.items():
            value = compiled(expression)(body)
            if value is not MISSING and value is not None:
                self._person.values[name] = value
        message = {"http": {"sent": request.name, "status": status, "body": body}}
        reading = self._wire.reader.read(message, self._flow)
        self._remember(message, reading)
        said = reading.facts
        if not request.call.succeeded(status):
            refusal = facts.Rejected(code=f"http {status}", request_id=request.request_id)
            said = (*said, refusal)
        return Heard(said, tuple(map(self._reply, reading.replies)), reading.rules)

    def following(self, templates: Sequence[Any], what: str, wait: str = "") -> list[Outgoing]:
        """The messages that follow an intention, with what its answer has brought.

        After the last messages of a user the answer that meets `wait` is their farewell.
        """
        if wait:
            self._last, self._once = wait, uuid.uuid4().hex
        filled = (self._filled(t, self._once if wait else "") for t in templates)
        return [self._reply(message, what) for message in filled if message is not None]

    def _remember(self, message: Any, reading: Reading) -> None:
        of_run = self._data.resume.cursor_of == "run"
        if of_run and any(isinstance(fact, facts.Accepted) for fact in reading.facts):
            self._flow.keep_place("cursor", None)
        cursor = self._wire.cursor
        if cursor is not None:
            value = cursor(message)
            if value is not MISSING and value is not None:
                self._flow.keep_place("cursor", value)
        for fact in reading.facts:
            if isinstance(fact, facts.Event | facts.Ignored) and fact.position is not None:
                self._flow.keep_place("position", fact.position)
            elif isinstance(fact, facts.Ready) and fact.position is not None:
                if "position" not in self._flow.place:  # its user has read nothing yet
                    self._flow.keep_place("position", fact.position)
            elif isinstance(fact, facts.Handle):
                self._flow.keep_place("cursor", fact.cursor or None if fact.valid else None)
                self._flow.void = "cursor" not in self._flow.place

    def _greet(self, message: Any) -> tuple[tuple[facts.AnyFact, ...], list[Outgoing]]:
        """Go on with the dialogue, if `message` is what it waits for."""
        if not self._steps or not self._awaited(self._steps[0].wait or "", message):
            return (), []
        step = self._steps.pop(0)
        challenge = any(step is one for one in self._wire.challenges)
        for name, text in step.keep.items():
            value = compiled(text)(message)
            if value is not MISSING and value is not None:
                self._flow.keep(name, value)
        more = self._advance()
        if challenge:
            return (facts.Challenge(),), more
        ready = self.established and not self._wire.greets
        return ((facts.Ready(),) if ready else ()), more

    def _awaited(self, text: str, message: Any) -> bool:
        if PLACEHOLDER.search(text):
            known = {"connection": self._id, "session": self._session, "uuid": self._once}
            text = str(self._person.filled(text, **{**self._flow.values(), **known}))
        return is_true(compiled(text)(message))

    def _advance(self) -> list[Outgoing]:
        """Send until something has to be waited for."""
        out: list[Outgoing] = []
        while self._steps:
            step, self._once = self._steps[0], uuid.uuid4().hex
            message = self._filled(step.send, self._once) if step.send is not None else None
            if message is not None:
                out.append(self._reply(message, "hello"))
            if step.wait is not None and (message is not None or step.send is None):
                return out
            del self._steps[0]
        self.established = True
        return out

    def _filled(self, template: Any, once: str) -> Any:
        """`template` as a step of the dialogue sends it; None where nothing is kept for it yet.

        `once` is its `{uuid}`; empty: a new one.
        """
        self._person.sent += 1
        known = {**self._flow.of_run(), **self._flow.values(), **self._credentials(self._token)}
        known["number"] = self._person.sent
        template = without(template, {name for name in PLACE if known.get(name) is None})
        needed = {"run", *PLACE, *self._wire.kept_of_runs}
        if any(known.get(name) is None for name in placeholders(template) & needed):
            return None
        known |= {"connection": self._id, "session": self._session}
        known |= {"uuid": once} if once else {}
        self._resumed |= not placeholders(template).isdisjoint(PLACE)
        return self._person.filled(self._admitted(template, self._token), **known)

    def _admitted(self, template: Any, token: str | None) -> Any:
        """`template` as somebody with that token sends it: without one, no credential at all."""
        if token is not None:
            return template
        return without_credentials(template, self._wire.credentials)

    def _credentials(self, token: str | None) -> dict[str, Any]:
        """The token; one that is not the user's own also in the place of what their own has got."""
        own = token is None or token == self._person.values.get("token")
        return dict.fromkeys(
            {"token"} if own else {"token"} | self._wire.session_credentials, token
        )

    def _reply(self, message: Any, what: str = "reply") -> Outgoing:
        return Outgoing(self._encode(message), facts.ProtocolMessage(what=what))

    def _framed(self, frames: Sequence[str | bytes]) -> list[Outgoing]:
        """What the framing itself sends."""
        return [Outgoing(frame, facts.ProtocolMessage(what="framing")) for frame in frames]
