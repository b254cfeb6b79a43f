"""What a user's app remembers: runs, answers, how far it has read the stream. No I/O."""

from __future__ import annotations

from support.client.run import Run
from support.journal import facts

#: A position in a stream: its epoch, and the number of the last event read.
StreamPosition = tuple[str, int]


class Memory:
    """The state that facts add up to, taken in order of arrival."""

    def __init__(self) -> None:
        self.epoch: str | None = None
        self.position = 0
        self.began: StreamPosition | None = None
        self._furthest = 0
        self._newest: tuple[str | None, int] | None = None
        self._latest: tuple[str | None, int] | None = None
        self._latest_on: dict[str, tuple[str | None, int] | None] = {}
        self._promised: dict[str, int] = {}  # the last event of a replay that is under way
        self._by_run: dict[str, Run] = {}
        self._by_request: dict[str, Run] = {}
        self._early: dict[str, list[tuple[str, facts.Event]]] = {}
        self.refusals = 0
        self._announced: set[str] = set()
        self.thread_id: str | None = None
        self.return_after_s = 0.0  # as the deployment has announced, closing
        self._pongs: dict[str, float | None] = {}
        self._subscribed: set[str] = set()
        self._unsubscribed: set[str] = set()

    def asked(self, run: Run) -> None:
        """A request is on its way."""
        self._by_request[run.request_id] = run

    def owns(self, request_id: str | None) -> bool:
        """True for a request of this user's own."""
        return request_id in self._by_request

    def greeted(self, ready: facts.Ready) -> None:
        """A connection is open; the first greeting says where the stream starts for this user."""
        self._newest = (ready.epoch, ready.position or 0)
        self.return_after_s = 0.0
        if self.epoch is None:
            self.epoch, self.position = self._newest
            self.began = self.read_up_to

    @property
    def read_up_to(self) -> StreamPosition | None:
        """How far the user has read the stream; None where there are no streams."""
        return None if self.epoch is None else (self.epoch, self.position)

    @property
    def has_gaps(self) -> bool:
        """True when an event has been seen beyond one that has not."""
        return self._furthest > self.position

    def has_pong(self, nonce: str) -> bool:
        """True once a pong with that nonce has arrived."""
        return nonce in self._pongs

    def time_told(self, nonce: str) -> float | None:
        """The deployment's time in the pong with that nonce; None without one."""
        return self._pongs.get(nonce)

    def is_subscribed(self, connection: str) -> bool:
        """True once a subscription on that connection was answered."""
        return connection in self._subscribed

    def is_behind(self, connection: str, other: Memory) -> bool:
        """True while a subscribed connection lacks the newest event that `other` knows of.

        So it is while a replay that was promised on it has not come to its end.
        """
        if connection not in self._subscribed:
            return False
        newest, here = other._latest, self._latest_on.get(connection)
        lacks = newest is not None and (here is None or here[0] != newest[0] or here[1] < newest[1])
        return lacks or connection in self._promised

    def has_announcement(self, connection: str) -> bool:
        """True once an announcement has arrived on that connection."""
        return connection in self._announced

    def not_subscribing(self, connection: str) -> None:
        """No subscription is asked for on that connection for now."""
        self._unsubscribed.add(connection)

    def is_unsubscribed(self, connection: str) -> bool:
        """True while no subscription has been asked for on that connection, on purpose."""
        return connection in self._unsubscribed

    def resubscribing(self, connection: str) -> None:
        """A new answer to a subscription is awaited on that connection."""
        self._subscribed.discard(connection)
        self._unsubscribed.discard(connection)

    def heard(self, connection: str, fact: facts.AnyFact) -> str | None:
        """Take in what arrived on `connection`.

        An event that has been shown already changes nothing; the connection that brought it the
        first time is returned. For everything else, None.
        """
        if isinstance(fact, facts.Event):
            return self._event(connection, fact)
        elif isinstance(fact, facts.Ignored):
            self._replayed(connection, fact)
            self._read(fact)
        elif isinstance(fact, facts.Accepted):
            self._accepted(fact)
        elif isinstance(fact, facts.Rejected):
            self.refusals += 1
            if fact.request_id in self._by_request:
                self._by_request[fact.request_id].rejected = fact
        elif isinstance(fact, facts.Pong) and fact.nonce is not None:
            self._pongs[fact.nonce] = fact.server_time
        elif isinstance(fact, facts.Announcement):
            self._announced.add(connection)
        elif isinstance(fact, facts.Subscribed):
            self._subscribed.add(connection)
            self._latest_on[connection] = self._latest
            self._promised.pop(connection, None)
            if fact.count and fact.last:
                self._promised[connection] = fact.last
            if fact.recovered is False and self._newest is not None:
                # Nothing earlier can be replayed: only new events count from now on.
                self.epoch, self.position = self._newest
        elif isinstance(fact, facts.Closing):
            self.return_after_s = max(fact.retry_after_s or 0.0, 0.0)
        return None

    def _accepted(self, fact: facts.Accepted) -> None:
        run = self._by_request.get(fact.request_id or "")
        if run is not None and run.run_id is None and fact.run_id is not None:
            run.run_id, run.thread_id = fact.run_id, fact.thread_id
            self.thread_id = fact.thread_id or self.thread_id
            self._by_run[fact.run_id] = run
            for connection, event in self._early.pop(fact.run_id, []):
                self.show(run, connection, event)

    def show(self, run: Run, connection: str, event: facts.Event) -> str | None:
        """Add an event to the run's picture, once; the connection that brought it before."""
        if event.position is not None:
            where = (event.epoch, event.position)
            if where in run.shown:
                return run.shown[where]
            run.shown[where] = connection
        run.seen.append(event.type)
        return None

    def _event(self, connection: str, event: facts.Event) -> str | None:
        run, earlier = self._by_run.get(event.run_id or ""), None
        if run is not None:
            earlier = self.show(run, connection, event)
        elif event.run_id is not None:
            self._early.setdefault(event.run_id, []).append((connection, event))
        self._follow(connection, event)
        self._read(event)
        return earlier

    def _follow(self, connection: str, event: facts.Event) -> None:
        """The newest event of all, and the newest on that connection: a replay changes neither."""
        if event.position is not None:
            where = (event.epoch, event.position)
            self._latest = _newer(where, self._latest)
            self._latest_on[connection] = _newer(where, self._latest_on.get(connection))
        self._replayed(connection, event)

    def _replayed(self, connection: str, fact: facts.Event | facts.Ignored) -> None:
        """The end of a replay is reached with the position that was promised last."""
        last = self._promised.get(connection)
        if last is not None and fact.position is not None and fact.position >= last:
            del self._promised[connection]

    def _read(self, fact: facts.Event | facts.Ignored) -> None:
        """The cursor moves only over what arrived without a gap."""
        if fact.position is not None:
            self._furthest = max(self._furthest, fact.position)
            if fact.position == self.position + 1:
                self.position = fact.position
            self.epoch = fact.epoch or self.epoch


def _newer(
    where: tuple[str | None, int], known: tuple[str | None, int] | None
) -> tuple[str | None, int]:
    """The later of two places in a stream; a place in another epoch is later."""
    return where if known is None or where[0] != known[0] else max(where, known, key=lambda w: w[1])
