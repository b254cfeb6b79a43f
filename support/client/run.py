"""One request of a user and the agent run that answers it, as the user's side sees it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from support.dialects import Outgoing, Speaker
from support.journal import facts


@dataclass(eq=False)
class Run:
    """A request and what has arrived of its run. Plain state: a `Client` does the waiting.

    `thread` is the conversation that the request continues; `shown` maps each event to the
    connection that brought it. `twice`: it is meant to be sent again before it is accepted.
    `reworded`: its last repetition says something else.
    """

    request_id: str
    kind: str
    text: str
    tag: str
    thread: str | None = None
    sent: bool = False
    twice: bool = False
    reworded: bool = False
    run_id: str | None = None
    thread_id: str | None = None
    rejected: facts.Rejected | None = None
    seen: list[str] = field(default_factory=list)
    shown: dict[tuple[str | None, int], str] = field(default_factory=dict)

    def message(self, speaker: Speaker) -> Outgoing:
        """The request as it is sent."""
        return speaker.ask(self.request_id, self.text, self.kind, self.tag, self.thread)

    @property
    def succeeded(self) -> bool:
        """True once the run has come to its good end."""
        return facts.COMPLETED in self.seen

    @property
    def failed(self) -> bool:
        """True once the run has ended in a failure."""
        return facts.FAILED in self.seen

    @property
    def ended(self) -> bool:
        """True once a terminal event, or a rejection of the request, has arrived."""
        return self.rejected is not None or any(t in facts.TERMINAL_EVENTS for t in self.seen)


def repetitions(runs: Iterable[Run]) -> tuple[list[str], list[str]]:
    """The ids of requests to be sent again before they were accepted, and of reworded ones."""
    known = list(runs)
    twice = [run.request_id for run in known if run.twice]
    return twice, [run.request_id for run in known if run.reworded]
