"""Does coming back work where it is hard: at any moment, from odd places, twice, after a crash?"""

from __future__ import annotations

from collections.abc import Sequence

from support.checks.counts import several
from support.checks.event_content import content, first_change
from support.checks.finding import Finding, check, failed, passed, person, unknown
from support.checks.runs import run_problems
from support.checks.stream import resume_problems
from support.journal import ConnectionHistory, History, records
from support.journal.facts import COMPLETED, FAILED, INTERRUPTED, Event, Subscribing


@check("{user} was disconnected {where} {event}")
def was_disconnected(history: History, user: str, event: str, where: str) -> Finding:
    """A fault of ours ended a connection of the user there, and nowhere else.

    `right after`: the last event that arrived on it is of that type. `in`: a question had been
    asked, the network had broken the connection, and the event never arrived on it; nor, where it
    had resumed, had all that was missed.
    """
    fired = [f.seq for f in history.of(records.Fault) if f.user in ("", user)]
    cuts: list[str] = []
    stories = history.connections_of(user)
    # What nobody subscribes to may come with the greeting, in one message.
    with_greeting = any(story.ready and story.ready.fact.follows for story in stories)
    for story in stories:
        # Missed events may come before the greeting, too: who receives one was admitted.
        closed = story.closed
        greeted = story.ready is not None or with_greeting or bool(story.events)
        if closed is None or not greeted or closed.by not in ("fault", "network"):
            continue
        if not any(seq < closed.seq for seq in fired):
            return failed("the connection broke before anything was done to it")
        seen = [s.fact.type for s in story.events]
        asked = any(s.frame.seq < closed.seq for s in history.asked(user))
        broken = closed.by == "network" and not _all_replayed(story)
        in_the_middle = broken and event not in seen
        there = seen[-1:] == [event] if where == "right after" else in_the_middle
        if asked and there:
            return passed(f"after {len(seen)} events", records=(closed.seq,))
        last = [s for s in story.events if s.frame is story.events[-1].frame]
        if where == "right after" and asked and any(s.fact.type == event for s in last):
            together = " and ".join(s.fact.type for s in last)
            return unknown(f"{together} came in one message", "not_offered")
        cuts.append(f"after {', '.join(seen[-2:]) or 'no event'}")
    text = f"it was cut {'; '.join(cuts)}" if cuts else "no connection was cut"
    if not any(s.fact.type == event for story in stories for s in story.events):
        text = f"{event} never arrived and {text}"
    return unknown(f"{text}, so nothing was proven")


def _all_replayed(story: ConnectionHistory) -> bool:
    """True for a connection that had resumed and received all that was promised."""
    if not _wishes(story) or story.subscribed is None:
        return False
    return len(story.events) >= (story.subscribed.fact.count or 0)


@check("{user}'s resume is refused, with a reason", needs="positions")
def resume_refused(history: History, user: str, reasons: Sequence[str]) -> Finding:
    """The last resume was refused for one of `reasons`, and nothing old came after it.

    A whole run that began after it must have been seen on the same connection: a service that says
    nothing any more would skip in silence, too. A position that lay ahead must not have been
    reached when it was claimed. Where every missed event came, more is kept than was announced.
    """
    resumed = [c for c in history.connections_of(user) if _wishes(c)]
    if not resumed:
        return unknown("the user never claimed a place in a stream")
    story = resumed[-1]
    answer, greeting = story.subscribed, story.ready
    if answer is None or greeting is None:
        return failed("the claim was never answered")
    if _happened_meanwhile(history, story):
        return unknown("the future position had been reached when it was claimed")
    text = f"recovered: {answer.fact.recovered}, reason: {answer.fact.reason}"
    if answer.fact.recovered is not False and _all_kept(story):
        text = f"more is kept than was announced: all {answer.fact.count} missed events came"
        return unknown(text, "not_offered")
    if answer.fact.recovered is not False:
        return failed(
            f"the deployment claims to have recovered everything (count {answer.fact.count})",
            expected=("not recovered, and why",),
            seen=(text,),
            records=(answer.frame.seq,),
        )
    if answer.fact.reason not in reasons:
        return failed(
            f"the reason given is {answer.fact.reason}",
            expected=tuple(reasons),
            seen=(text,),
            records=(answer.frame.seq,),
        )
    newest = greeting.fact.position or 0
    old = [s for s in story.events if (s.fact.position or 0) <= newest]
    if old:
        return failed(
            f"{several(len(old), 'earlier event')} came although the resume was refused",
            records=tuple(s.frame.seq for s in old[:10]),
        )
    if not any(s.fact.type == COMPLETED for s in story.events):
        return unknown("nothing was seen live afterwards")
    return passed(f"not recovered, and says so ({answer.fact.reason}), and live from then on")


def _all_kept(story: ConnectionHistory) -> bool:
    """True where every event of the user's own stream came that was missed: nothing was lost."""
    wish, answer, greeting = _wishes(story)[-1], story.subscribed, story.ready
    if answer is None or greeting is None or wish.epoch != greeting.fact.epoch:
        return False
    missed = (greeting.fact.position or 0) - (wish.after or 0)
    return 0 < missed <= (answer.fact.count or 0) and not resume_problems(story)


@check("resuming again from the same position replays the same events to {user}", needs="positions")
def same_replay(history: History, user: str) -> Finding:
    """At least two resumes from one place, each recovered; what was shown after them is alike."""
    by_place: dict[tuple[str | None, int | None], list[ConnectionHistory]] = {}
    for story in history.connections_of(user):
        for wish in _wishes(story)[-1:]:
            by_place.setdefault((wish.epoch, wish.after), []).append(story)
    again = [stories for stories in by_place.values() if len(stories) > 1]
    if not again:
        return unknown("nobody resumed twice from the same position")
    for stories in again:
        problems = [p for story in stories for p in resume_problems(story)]
        if problems:
            return failed(problems[0], seen=tuple(problems[:5]))
        if not any(s.subscribed is not None and s.subscribed.fact.count for s in stories):
            return unknown("nothing had been missed, so nothing was proven")
        first, *others = (_shown(story) for story in stories)
        for number, other in enumerate(others, start=2):
            if other != first:
                text = f"{len(first)} events on the first return, {len(other)} on return {number}"
                if changed := first_change(first, other):
                    what = f"event {changed[0]} ({changed[1]})"
                    text = f"{what} says something else on return {number}"
                return failed(f"it differs: {text}", seen=(text,))
    return passed(f"{len(again[0])} times the same")


@check("nothing that was accepted before the crash is lost")
def accepted_runs_ended(history: History, users: Sequence[str]) -> Finding:
    """Every run accepted before the kill is whole; it is completed, or ended as interrupted.

    At least one had been accepted and not ended when the service was killed.
    """
    kills = [
        c
        for c in history.of(records.Control)
        if c.action == "kill" and c.part == "chat" and not c.done
    ]
    if not kills:
        return unknown("nothing was killed")
    open_then = 0
    for user in users:
        name = person(user)
        for number, asked in enumerate(history.asked(user), start=1):
            accepted = history.accepted(user, asked.fact.request_id)
            if accepted is None or accepted.run_id is None:
                continue  # never accepted: the user knows that, and asks again
            seen = history.events_of_run(user, accepted.run_id)
            run: list[Event] = [s.fact for s in seen]
            problems = run_problems(run, accepted)
            if problems:
                return failed(
                    f"question {number} of {name}: {problems[0]}",
                    expected=("a whole run, or one that ended as interrupted",),
                    seen=tuple(e.type for e in run) or ("nothing of the run",),
                )
            end = run[-1]
            if end.type == FAILED and end.data.get("code") != INTERRUPTED:
                code = end.data.get("code")
                return failed(f"question {number} of {name} ended in failure {code}")
            open_then += asked.frame.seq < kills[0].seq < seen[-1].frame.seq
    if not open_then:
        return unknown("no run was under way when the service was killed")
    return passed(f"{open_then} runs were under way, and all of them came to an end")


def _wishes(story: ConnectionHistory) -> list[Subscribing]:
    said = [fact for f in story.frames if f.direction == "sent" for fact in f.facts]
    return [f for f in said if isinstance(f, Subscribing) and f.after is not None]


def _happened_meanwhile(history: History, story: ConnectionHistory) -> bool:
    """True where the claimed position was ahead of all the user had seen, and is no longer."""
    wish, ready = _wishes(story)[-1], story.ready
    if ready is None or wish.after is None or wish.epoch != ready.fact.epoch:
        return False
    earlier = [
        c for c in history.connections_of(story.user) if c.connecting.seq < story.connecting.seq
    ]
    seen = [s.fact.position or 0 for c in earlier for s in c.events]
    seen += [c.ready.fact.position or 0 for c in earlier if c.ready is not None]
    return max(seen, default=0) < wish.after <= (ready.fact.position or 0)


def _shown(story: ConnectionHistory) -> list[tuple[object, ...]]:
    return [(s.fact.position, *content(s.fact)) for s in story.events]
