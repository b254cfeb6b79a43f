"""What must hold in every scenario, whatever it is about: asked of the journal when it ends."""

from __future__ import annotations

from collections.abc import Sequence

from support.checks.connections import broken_off
from support.checks.finding import Check, Finding, check, failed, passed
from support.checks.isolation import nothing_leaked
from support.checks.runs import run_problems
from support.checks.stream import story_problems
from support.journal import ConnectionStory, History, records
from support.journal.facts import Accepted, Event, Unreadable


@check("everybody's stream has no gap and nothing twice")
def streams_whole(history: History, question: str) -> Finding:
    """For every device of every user; a device is a chain of connections without overlap."""
    for user in _people(history):
        for chain in devices(history.connections_of(user)):
            problems, numbers = story_problems(chain)
            if problems:
                return failed(question, f"{_person(user)}: {problems[0]}", records=numbers)
    return passed(question, "no gap, no double")


@check("every run that was accepted is whole")
def runs_whole(history: History, question: str) -> Finding:
    """For every user who was there to the end, on the first device that saw the run."""
    for user in _people(history):
        connections = [c for c in history.connections_of(user) if c.ready is not None]
        chains = devices(connections)
        if not chains:
            continue
        mine = {s.fact.request_id for s in history.asked(user)}
        accepted = [s.fact for s in history.facts(Accepted, user=user)]
        by_run: dict[str, list[Event]] = {}
        for connection in chains[0]:
            for seen in connection.events:
                by_run.setdefault(seen.fact.run_id or "", []).append(seen.fact)
        for answer in accepted:
            if answer.request_id in mine and not answer.duplicate:
                problems = run_problems(by_run.get(answer.run_id or "", []), answer)
                if problems:
                    return failed(question, f"a run of {_person(user)}: {problems[0]}")
        strangers = set(by_run) - {a.run_id for a in accepted}
        if strangers and _is_new(connections):
            return failed(question, f"{_person(user)} got events of a run nobody asked for")
    return passed(question, "every run is whole")


@check("everything the target says can be understood")
def well_formed(history: History, question: str) -> Finding:
    """No frame that is garbage, no message that lacks what it must carry."""
    for frame in history.of(records.Frame, lambda f: f.direction == "received"):
        for fact in frame.facts:
            if isinstance(fact, Unreadable):
                return failed(question, f"the target sent {fact.why}", records=(frame.seq,))
            if fact.problems:
                kind = fact.type if isinstance(fact, Event) else type(fact).__name__.lower()
                return failed(question, f"{kind}: {fact.problems[0]}", records=(frame.seq,))
    return passed(question, "all of it")


@check("the target ends no connection by itself")
def connections_stable(history: History, question: str) -> Finding:
    """No connection was closed by the target, or broke, without warning or fault of ours."""
    ended = broken_off(history)
    if ended:
        story, why = ended[0]
        return failed(
            question,
            f"{len(ended)} connection(s) ended; {_person(story.user)}'s: {why}",
            records=(story.closed.seq,) if story.closed else (),
        )
    return passed(question, "none broke")


#: By the name under which the verdict counts them as failure patterns.
STANDING: dict[str, Check] = {
    "isolation violation": nothing_leaked(),
    "missing or doubled events": streams_whole(),
    "broken run": runs_whole(),
    "malformed message": well_formed(),
    "unstable connection": connections_stable(),
}


def standing_failures(history: History) -> dict[str, Finding]:
    """The standing checks that this scenario's history fails; `unknown` is not failing here."""
    findings = {name: ask(history) for name, ask in STANDING.items()}
    return {name: finding for name, finding in findings.items() if finding.state == "failed"}


def devices(connections: Sequence[ConnectionStory]) -> list[list[ConnectionStory]]:
    """Chains of connections: one that opens after another's end continues it."""
    chains: list[list[ConnectionStory]] = []
    for connection in connections:
        if connection.ready is None:
            continue
        for chain in chains:
            closed = chain[-1].closed
            if closed is not None and closed.seq < connection.connecting.seq:
                chain.append(connection)
                break
        else:
            chains.append([connection])
    return chains


def _people(history: History) -> list[str]:
    return list(dict.fromkeys(c.user for c in history.connections.values()))


def _is_new(connections: Sequence[ConnectionStory]) -> bool:
    ready = connections[0].ready
    return ready is not None and ready.fact.position == 0


def _person(key: str) -> str:
    return key.rsplit("/", 1)[-1]
