"""Reaching for the runs, conversations and streams of other users (IDOR), always as oneself.

Every attempt at something real is followed by one at something made up in its form, and each is
answered before the next: a check asks that the answers are alike.
"""

from __future__ import annotations

import msgspec

from support.attacks.ids import is_guessable, made_up, neighbours
from support.client.client import Client
from support.client.run import Run
from support.config import NotOffered
from support.dialects import Outgoing
from support.journal import facts

ROUNDS = 5  # of attempts, real and made up in turn, so that times can be compared
_KINDS = ("plain", "recall")


async def cancel_runs_of(client: Client, victim: Client) -> None:
    """Try to cancel everything that `victim` has asked, under way or finished."""
    for run in victim.runs:
        await victim.accepted(run)
    for _ in range(ROUNDS):
        for run in victim.runs:
            state = "finished run" if run.ended else "run under way"
            if not await _cancel(client, run.run_id or "", f"a {state} of {victim.name}"):
                return


async def cancel_neighbours(client: Client) -> None:
    """Try to cancel the runs whose ids are next to those of the client's own.

    Raises `NotOffered` where ids have no neighbours.
    """
    client.deployment.safety.guard("id_enumeration")
    await client.accepted()
    own = {run.run_id for run in client.runs}
    near = [n for n in neighbours(client.current_run.run_id or "") if n not in own]
    if not near:
        raise NotOffered("ids of this backend have no neighbours that could be guessed")
    for run_id in near:
        if not await _cancel(client, run_id, "a neighbour of their own run"):
            return


async def write_into_conversation_of(client: Client, victim: Client) -> None:
    """Try to continue the conversation of `victim`, and to recall what was said in it.

    Raises `NotOffered` where there are no conversations.
    """
    thread, speaker = victim.current_run.thread_id, client.speaker
    if thread is None or "go_on" not in speaker.data.send:
        raise NotOffered("this kind of backend knows no conversations")
    for kind in _KINDS * 2:
        for name, whose in (
            (thread, f"the conversation of {victim.name}"),
            (_made_up(client, thread), ""),
        ):
            run = client.plan(kind, thread=name)
            fact = facts.AccessAttempted(what="conversation", given=name, whose=whose)
            message = msgspec.structs.replace(run.message(speaker), fact=fact)
            if not await _ask(client, run, message):
                return


async def resume_stream_of(client: Client, victim: Client) -> None:
    """Try to resume the stream of `victim`: from its start, its middle and its end."""
    epoch, last = victim.memory.epoch, victim.memory.position
    if epoch is None:
        raise NotOffered("the deployment does not say where a stream stands")
    for after in dict.fromkeys((0, last // 2, last)):
        for name, whose in (
            (epoch, f"the stream of {victim.name}"),
            (_made_up(client, epoch), ""),
        ):
            message = client.speaker.resume(name, after)
            await _subscribe(client, _reaching(message, "stream", name, whose))


async def claim_to_be(client: Client, victim: Client) -> None:
    """Send everything once in the name of `victim`, in each place where one could claim it.

    The client asks, tries to cancel what `victim` has under way and to receive their stream.
    Raises `NotOffered` where a message has no place for such a claim.
    """
    speaker, name = client.speaker, victim.id
    if not speaker.data.claims:
        raise NotOffered("messages of this kind of backend can claim nothing")
    await victim.accepted()
    for where in speaker.data.claims:  # first of all, while there still is something to cancel
        cancel = speaker.cancel(victim.current_run.run_id or "")
        if not await _refused(client, speaker.claiming(cancel, where, name)):
            return
    for where in speaker.data.claims:
        run = client.plan("plain")
        if not await _ask(client, run, speaker.claiming(run.message(speaker), where, name)):
            return
        if victim.memory.epoch is not None:
            resume = speaker.resume(victim.memory.epoch, 0)
            await _subscribe(client, speaker.claiming(resume, where, name))
            await _subscribe(client, speaker.claiming(speaker.subscribe(), where, name))


async def _cancel(client: Client, run_id: str, whose: str) -> bool:
    if not client.speaker.cancels_by_id:
        raise NotOffered("a cancellation of this kind of backend names no run: it ends one's own")
    for given, owner in ((run_id, whose), (_made_up(client, run_id), "")):
        message = client.speaker.cancel(given)
        if not await _refused(client, _reaching(message, "run", given, owner)):
            return False
    return True


def _made_up(client: Client, like: str) -> str:
    """An id never issued. Raises `NotSafe` where it could be a real one all the same."""
    if is_guessable(like):
        client.deployment.safety.guard("id_enumeration")
    return made_up(like)


async def _refused(client: Client, message: Outgoing) -> bool:
    refusals = client.memory.refusals
    await _send(client, message)
    within_s = client.deployment.environment.patience.fence_s
    return await client.until(lambda: client.memory.refusals > refusals, "a refusal", within_s)


async def _ask(client: Client, run: Run, message: Outgoing) -> bool:
    await _send(client, message)
    return await client.finished(run)


async def _subscribe(client: Client, message: Outgoing) -> None:
    connection, memory = client.online, client.memory
    if connection is None:
        return
    memory.resubscribing(connection.name)
    refusals = memory.refusals
    await _send(client, message)
    await client.until(
        lambda: memory.is_subscribed(connection.name) or memory.refusals > refusals,
        "the answer to a subscription",
    )
    await client.level()


async def _send(client: Client, message: Outgoing) -> None:
    await client.turn()
    if client.online is not None:
        await client.online.send(message)


def _reaching(message: Outgoing, what: str, given: str, whose: str) -> Outgoing:
    fact = facts.AccessAttempted(what=what, given=given, whose=whose)
    return msgspec.structs.replace(message, also=(*message.also, fact))
