"""A journal as checks read it: the records of one scenario or of a whole run, with ways to look."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Generic, TypeVar

from support.journal import records
from support.journal.announced import believable
from support.journal.facts import Accepted, Asked, Event, Fact, Ready, Subscribed, Subscribing, Turn

F = TypeVar("F", bound=Fact)
R = TypeVar("R", bound=records.Record)
T = TypeVar("T")

#: Faults after which messages are missing, damaged or out of order.
LOSSY_FAULTS = ("drop", "swap", "truncate")


@dataclass(frozen=True)
class Seen(Generic[F]):
    """A fact, and the frame it stood in."""

    fact: F
    frame: records.Frame


@dataclass
class ConnectionHistory:
    """One connection from its first try to its end; what never happened is None."""

    id: str
    user: str
    connecting: records.Connecting
    connected: records.Connected | None = None
    refused: records.Refused | None = None
    closed: records.Closed | None = None
    provoking: records.ProvokedClose | None = None
    frames: list[records.Frame] = field(default_factory=list)
    _received: dict[type[Fact], list[Seen[Any]]] = field(default_factory=dict, repr=False)

    def facts(self, kind: type[F]) -> list[Seen[F]]:
        """The facts of that kind that arrived here, in order."""
        if kind not in self._received:
            self._received[kind] = list(_facts(self.frames, kind, "received"))
        return list(self._received[kind])

    @property
    def ready(self) -> Seen[Ready] | None:
        """The deployment's greeting."""
        return next(iter(self.facts(Ready)), None)

    def too_long(self, frame: records.Frame) -> bool:
        """True for a message over the limit that the greeting announces, where it can be one."""
        limit = believable(self.ready.fact).message_bytes if self.ready else None
        return limit is not None and frame.size > limit

    @property
    def subscribed(self) -> Seen[Subscribed] | None:
        """The answer to the (last) subscription on this connection."""
        answers = self.facts(Subscribed)
        return answers[-1] if answers else None

    @property
    def events(self) -> list[Seen[Event]]:
        """The events that arrived here, in order of arrival."""
        return self.facts(Event)


class History:
    """Records in order, read-only.

    The same few questions are asked of it thousands of times, so that the answers are kept.
    """

    def __init__(self, entries: Sequence[records.Record]) -> None:
        self.records = entries
        self._of: dict[type[records.Record], list[Any]] = {}
        self._facts: dict[tuple[type[Fact], str], list[Seen[Any]]] = {}
        self._facts_of: dict[tuple[type[Fact], str], dict[str, list[Seen[Any]]]] = {}
        self._runs_seen_by: dict[str, dict[str, list[Seen[Event]]]] = {}
        self._answers: dict[Callable[[History], Any], Any] = {}

    def __len__(self) -> int:
        return len(self.records)

    def answer(self, question: Callable[[History], T]) -> T:
        """What a pure function says of this history. It is asked once, and nobody may change it."""
        if question not in self._answers:
            self._answers[question] = question(self)
        answer: T = self._answers[question]
        return answer

    def of(self, kind: type[R], where: Callable[[R], bool] | None = None) -> list[R]:
        """The records of that kind, in order; of frames, those that really were messages."""
        if kind not in self._of:
            self._of[kind] = self._merged(kind)
        return [r for r in self._of[kind] if where is None or where(r)]

    def _merged(self, kind: type[R]) -> list[Any]:
        """The records of a kind; of one that other kinds build on, theirs as well."""
        kinds = [
            found
            for found in self._by_type
            if issubclass(found, kind)
            and not (kind is records.Frame and issubclass(found, records.Implied))
        ]
        if len(kinds) == 1:
            return self._by_type[kinds[0]]
        return [r for r in self.records if type(r) in kinds]

    @cached_property
    def _by_type(self) -> dict[type[records.Record], list[records.Record]]:
        found: dict[type[records.Record], list[records.Record]] = {}
        for record in self.records:
            found.setdefault(type(record), []).append(record)
        return found

    def facts(
        self, kind: type[F], *, user: str | None = None, direction: str = "received"
    ) -> list[Seen[F]]:
        """The facts of that kind, with their frames, in order of arrival."""
        asked = (kind, direction)
        if asked not in self._facts:
            frames = [r for r in self.records if isinstance(r, records.Frame)]
            self._facts[asked] = list(_facts(frames, kind, direction))
        if user is None:
            return list(self._facts[asked])
        if asked not in self._facts_of:
            self._facts_of[asked] = _grouped(self._facts[asked], lambda seen: seen.frame.user)
        return list(self._facts_of[asked].get(user, ()))

    @cached_property
    def connections(self) -> dict[str, ConnectionHistory]:
        """Every connection by id, in the order in which they were tried."""
        stories: dict[str, ConnectionHistory] = {}
        for record in self.records:
            if isinstance(record, records.Connecting):
                stories[record.connection] = ConnectionHistory(
                    record.connection, record.user, record
                )
                continue
            story = stories.get(getattr(record, "connection", ""))
            if story is None:
                continue
            if isinstance(record, records.Frame):
                story.frames.append(record)
            elif isinstance(record, records.Connected):
                story.connected = record
            elif isinstance(record, records.Refused):
                story.refused = record
            elif isinstance(record, records.Closed):
                story.closed = record
            elif isinstance(record, records.ProvokedClose):
                story.provoking = record
        return stories

    @cached_property
    def _connections_of(self) -> dict[str, list[ConnectionHistory]]:
        return _grouped(self.connections.values(), lambda story: story.user)

    def connections_of(self, user: str) -> list[ConnectionHistory]:
        """A user's connections, in the order in which they were tried."""
        return list(self._connections_of.get(user, ()))

    def devices_of(self, user: str) -> list[list[ConnectionHistory]]:
        """A user's greeted connections by device: one begun after another's end continues it."""
        devices: list[list[ConnectionHistory]] = []
        for connection in self.connections_of(user):
            if connection.ready is None:
                continue
            for device in devices:
                closed = device[-1].closed
                if closed is not None and closed.seq < connection.connecting.seq:
                    device.append(connection)
                    break
            else:
                devices.append([connection])
        return devices

    @cached_property
    def identities(self) -> dict[str, str]:
        """User → the id the deployment knows them by."""
        signed_in = self.of(records.SignedIn, lambda r: r.ok)
        known = {r.user: r.user_id for r in signed_in if r.user_id is not None}
        again = {r.user: r.user_id for r in self.of(records.SameIdentityAs)}
        return known | {user: again[user] for user in again if user not in known}

    def person_of(self, user: str) -> str:
        """The id the deployment knows a user by; where none is known, the user's own name."""
        return self.identities.get(user, user)

    def are_one_person(self, one: str, other: str) -> bool:
        """True for a user and themselves, and for two users whom the deployment takes for one."""
        return self.person_of(one) == self.person_of(other)

    @cached_property
    def with_unknown_past(self) -> set[str]:
        """Users who existed before the run, and whose secrets of that time nobody remembers."""
        return {r.user for r in self.of(records.SignedIn, lambda r: r.way == "static")}

    @cached_property
    def runs(self) -> dict[str, set[str]]:
        """Run id → the users whose own requests it was given to (more than one: ids repeat)."""
        return self._given(lambda accepted: accepted.run_id)

    @cached_property
    def threads(self) -> dict[str, set[str]]:
        """Thread id → the users whose own requests it was given to."""
        return self._given(lambda accepted: accepted.thread_id)

    @cached_property
    def turns(self) -> dict[str, set[str]]:
        """Run id → the users to whom the deployment said that it starts this run by itself."""
        told: dict[str, set[str]] = {}
        for seen in self.facts(Turn):
            if seen.fact.run_id is not None:
                told.setdefault(seen.fact.run_id, set()).add(seen.frame.user)
        return told

    def _given(self, key: Callable[[Accepted], str | None]) -> dict[str, set[str]]:
        requests = {(s.frame.user, s.fact.request_id) for s in self.asked()}
        owners: dict[str, set[str]] = {}
        for seen in self.facts(Accepted):
            given = key(seen.fact)
            if given is not None and (seen.frame.user, seen.fact.request_id) in requests:
                owners.setdefault(given, set()).add(seen.frame.user)
        return owners

    def asked(self, user: str | None = None) -> list[Seen[Asked]]:
        """The requests users sent."""
        return self.facts(Asked, user=user, direction="sent")

    def accepted(self, user: str, request_id: str) -> Accepted | None:
        """The deployment's first acceptance of a request."""
        for seen in self.facts(Accepted, user=user):
            if seen.fact.request_id == request_id:
                return seen.fact
        return None

    @cached_property
    def lossy(self) -> bool:
        """True when a fault lost, damaged or swapped messages to users.

        What a user has received in the end is then the union of all that arrived.
        """
        return bool(
            self.of(
                records.Fault,
                lambda fault: fault.name in LOSSY_FAULTS and fault.direction != "to_service",
            )
        )

    def complete_despite_faults(self, user: str) -> list[Seen[Event]]:
        """The events that reached the user, each once, in the order of the stream."""
        once: dict[tuple[str | None, int], Seen[Event]] = {}
        for seen in (s for c in self.connections_of(user) for s in c.events):
            if seen.fact.position is not None:
                once.setdefault((seen.fact.epoch, seen.fact.position), seen)
        return [once[place] for place in sorted(once, key=lambda place: place[1])]

    def runs_seen_by(self, user: str) -> Mapping[str, Sequence[Seen[Event]]]:
        """Run id → its events in order of arrival, on the device of the user that saw most of it.

        The events of a run that name none are under an empty id. Where the network lost messages,
        they are those of the story in the end. A replay that the device asked for adds nothing to
        what it had seen.
        """
        if user not in self._runs_seen_by:
            self._runs_seen_by[user] = self._runs_of(user)
        return self._runs_seen_by[user]

    def _runs_of(self, user: str) -> dict[str, list[Seen[Event]]]:
        runs: dict[str, list[Seen[Event]]] = {}
        if self.lossy:
            for seen in self.complete_despite_faults(user):
                runs.setdefault(seen.fact.run_id or "", []).append(seen)
            return runs
        for device in self.devices_of(user):
            here: dict[str, list[Seen[Event]]] = {}
            for seen in _without_replays(device):
                here.setdefault(seen.fact.run_id or "", []).append(seen)
            for run_id, events in here.items():
                if len(events) > len(runs.get(run_id, ())):
                    runs[run_id] = events
        return runs

    def events_of_run(self, user: str, run_id: str) -> Sequence[Seen[Event]]:
        """The events of a run that reached that user, in order, as `runs_seen_by` has them."""
        return self.runs_seen_by(user).get(run_id, ())

    def scenarios(self) -> dict[str, History]:
        """The records of each scenario on its own; what happened outside of any is left out."""
        return dict(self._scenarios)

    @cached_property
    def _scenarios(self) -> dict[str, History]:
        parts = _grouped(self.records, lambda record: record.scenario)
        return {scenario: History(part) for scenario, part in parts.items() if scenario}


def _grouped(found: Iterable[T], key: Callable[[T], str]) -> dict[str, list[T]]:
    groups: dict[str, list[T]] = {}
    for one in found:
        groups.setdefault(key(one), []).append(one)
    return groups


def _without_replays(device: Iterable[ConnectionHistory]) -> Iterator[Seen[Event]]:
    """The events of a device, less those that came again because it had asked for them again."""
    known: set[tuple[str | None, int]] = set()
    ids: set[str] = set()  # of events that earlier connections have brought
    for connection in device:
        here: set[str] = set()
        after: int | None = None  # where the last resume of this connection began
        again: set[tuple[str | None, int]] = set()  # what it may bring once more
        for frame in connection.frames:
            for fact in frame.facts:
                if isinstance(fact, Subscribing):
                    after = fact.after
                elif isinstance(fact, Subscribed) and fact.recovered and after is not None:
                    again = {place for place in known if place[1] > after}
                elif isinstance(fact, Event) and frame.direction == "received":
                    place = (fact.epoch, fact.position or 0)
                    if place in again:
                        again.remove(place)
                        continue
                    if fact.position is not None:
                        known.add(place)
                    if fact.id is not None:
                        here.add(f"{fact.type} {fact.id}")
                        if f"{fact.type} {fact.id}" in ids and not fact.once:
                            continue
                    yield Seen(fact, frame)
        ids |= here


def _facts(frames: Iterable[records.Frame], kind: type[F], direction: str) -> Iterator[Seen[F]]:
    for frame in frames:
        if frame.direction == direction:
            for fact in frame.facts:
                if isinstance(fact, kind):
                    yield Seen(fact, frame)
