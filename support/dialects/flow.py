"""What reading a message needs of the past: questions not yet accepted, the run under way, values
that earlier rules kept, how far a device has read."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any

from support.journal import facts


@dataclass
class Asking:
    """The questions of one user.

    Those not accepted yet, in order; the runs of those that were; and the run under way.
    """

    asked: list[str] = field(default_factory=list)
    accepted: dict[str, str | None] = field(default_factory=dict)
    run: str | None = None


@dataclass
class Flow:
    """What a device remembers over its connections: what rules kept of each run, and said once.

    `person` are the values kept for its user, `own` those that its own dialogues have kept, and
    `asking` the user's questions; `place` is how far the device has read, `void`: it was told that
    it has no place to come back to. `retold` are the questions whose acceptance may come again on
    its connection, once each.
    """

    person: dict[str, Any] = field(default_factory=dict)
    asking: Asking = field(default_factory=Asking)
    own: dict[str, Any] = field(default_factory=dict)
    kept: dict[str, dict[str, Any]] = field(default_factory=dict)
    said: set[tuple[str, int]] = field(default_factory=set)
    over: set[str] = field(default_factory=set)
    place: dict[str, Any] = field(default_factory=dict)
    void: bool = False
    retold: set[str] = field(default_factory=set)

    def keep(self, name: str, value: Any) -> None:
        """A value of this device's dialogue; a device without one of its own takes the newest."""
        self.own[name] = self.person[name] = value

    def keep_place(self, name: str, value: Any) -> None:
        """How far the device has read, now; None: nobody knows."""
        for kept in (self.place, self.person):
            if value is None:
                kept.pop(name, None)
            else:
                kept[name] = value

    @property
    def current(self) -> str:
        """The run under way, or the question that is about to become one; empty: none."""
        asked = self.asking.asked[0] if self.asking.asked else ""
        return self._run or asked

    @property
    def _run(self) -> str | None:
        """The run under way, as far as this device has seen: it may see the end of it later."""
        return None if self.asking.run in self.over else self.asking.run

    def of_run(self) -> dict[str, Any]:
        """What rules have kept of the run under way; nothing where there is none."""
        return self.kept.get(self.current, {}) if self.current else {}

    def values(self) -> dict[str, Any]:
        """What `{placeholders}` in rules stand for."""
        asked = self.asking.asked[0] if self.asking.asked else None
        now = {"asked": asked, "run": self._run or asked, "uuid": uuid.uuid4().hex}
        return {**self.person, **self.own, **self.place, **now}

    def knows(self, fact: facts.AnyFact) -> bool:
        """True for the acceptance of a question that was accepted before, or is none of theirs."""
        return isinstance(fact, facts.Accepted) and fact.request_id not in self.asking.asked

    def tell_again(self) -> None:
        """A connection is opened, or its subscription renewed: what was accepted may come again."""
        self.retold = set(self.asking.accepted)

    def is_told_again(self, fact: facts.AnyFact) -> bool:
        """True for an acceptance that comes again, with the same run, to who has come back.

        Once on each connection, and only where nobody has asked again.
        """
        if not isinstance(fact, facts.Accepted) or fact.request_id not in self.retold:
            return False
        asking, question = self.asking, fact.request_id
        if question in asking.asked or asking.accepted.get(question) != fact.run_id:
            return False
        self.retold.discard(question)
        return True

    def follow(self, fact: facts.AnyFact) -> None:
        """Keep up with the runs of the connection."""
        if isinstance(fact, facts.Accepted | facts.Rejected):
            if fact.request_id is not None and fact.request_id in self.asking.asked:
                self.asking.asked.remove(fact.request_id)
                if isinstance(fact, facts.Accepted):
                    self.asking.accepted[fact.request_id] = fact.run_id
                    self.asking.run = fact.run_id
                    self._keep_for(fact.run_id, fact.request_id)
        elif isinstance(fact, facts.Turn):
            self.asking.run = fact.run_id
        elif isinstance(fact, facts.Event) and fact.ends_run and fact.run_id is not None:
            self.over.add(fact.run_id)

    def _keep_for(self, run_id: str | None, request_id: str) -> None:
        """What was kept of a question before it was accepted is of its run."""
        if run_id is not None and request_id in self.kept:
            self.kept[run_id] = {**self.kept[request_id], **self.kept.get(run_id, {})}
