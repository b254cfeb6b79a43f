"""What somebody tries who is after what is not theirs. Records, and judges nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from support.client.guesses import is_guessable, made_up, neighbours
from support.client.run import Run
from support.config import NotOffered
from support.deployment import Deployment
from support.dialects.dialect import Outgoing
from support.journal import facts

if TYPE_CHECKING:
    from support.client.user import User

ROUNDS = 5  # of tries, real and made up in turn, so that times can be compared
_WORDS = ("plain", "recall")


class Trespass:
    """A user's tries at the runs, conversations and streams of others, always as themselves.

    Every try at something real is followed by one at something made up in its form, and each is
    answered before the next: that the answers are alike is what a check asks for.
    """

    def __init__(self, user: User, deployment: Deployment) -> None:
        self._user = user
        self._deployment = deployment

    async def cancel_runs_of(self, victim: User) -> None:
        """Try to cancel everything that `victim` has asked, under way or finished."""
        for run in victim.runs:
            await run.taken()
        for _ in range(ROUNDS):
            for run in victim.runs:
                state = "finished run" if run.ended else "run under way"
                if not await self._cancel(run.run_id or "", f"a {state} of {victim.name}"):
                    return

    async def cancel_neighbours(self) -> None:
        """Try to cancel the runs whose ids stand next to those of the user's own.

        Raises `NotOffered` where ids have no neighbours.
        """
        self._deployment.safety.guard("id_enumeration")
        await self._user.current_run.taken()
        own = {run.run_id for run in self._user.runs}
        near = [n for n in neighbours(self._user.current_run.run_id or "") if n not in own]
        if not near:
            raise NotOffered("ids of this backend have no neighbours that could be guessed")
        for run_id in near:
            if not await self._cancel(run_id, "a neighbour of their own run"):
                return

    async def write_into_conversation_of(self, victim: User) -> None:
        """Try to go on with the conversation of `victim`, and to be told of it.

        Raises `NotOffered` where there are no conversations.
        """
        thread = victim.current_run.thread_id
        if thread is None or "go_on" not in self._deployment.dialect.data.send:
            raise NotOffered("this kind of backend knows no conversations")
        for kind in _WORDS * 2:
            for name, whose in (
                (thread, f"the conversation of {victim.name}"),
                (self._made_up(thread), ""),
            ):
                run = self._user.plan(kind, thread=name)
                fact = facts.AccessAttempted(what="conversation", given=name, whose=whose)
                message = run.message(self._deployment.dialect)
                if not await self._ask(run, msgspec.structs.replace(message, fact=fact)):
                    return

    async def catch_up_on(self, victim: User) -> None:
        """Try to be sent what `victim` has seen: from its beginning, its middle and its end."""
        epoch, last = victim.memory.epoch, victim.memory.position
        if epoch is None:
            raise NotOffered("the deployment does not say where a stream stands")
        for after in dict.fromkeys((0, last // 2, last)):
            for name, whose in (
                (epoch, f"the stream of {victim.name}"),
                (self._made_up(epoch), ""),
            ):
                message = self._deployment.dialect.resume(name, after)
                await self._subscribe(_reaching(message, "stream", name, whose))

    async def claim_to_be(self, victim: User) -> None:
        """Say everything once in the name of `victim`, at each place where one could claim it.

        The user asks, tries to cancel what `victim` has under way and to be sent their stream.
        Raises `NotOffered` where a message has no place for such a claim.
        """
        dialect, name = self._deployment.dialect, victim.id
        if not dialect.data.claims:
            raise NotOffered("messages of this kind of backend can claim nothing")
        await victim.current_run.taken()
        for where in dialect.data.claims:  # first of all, while there still is something to cancel
            cancel = dialect.cancel(victim.current_run.run_id or "")
            if not await self._refused(dialect.claiming(cancel, where, name)):
                return
        for where in dialect.data.claims:
            run = self._user.plan("plain")
            if not await self._ask(run, dialect.claiming(run.message(dialect), where, name)):
                return
            if victim.memory.epoch is not None:
                resume = dialect.resume(victim.memory.epoch, 0)
                await self._subscribe(dialect.claiming(resume, where, name))
                await self._subscribe(dialect.claiming(dialect.subscribe(), where, name))

    async def _cancel(self, run_id: str, whose: str) -> bool:
        for given, owner in ((run_id, whose), (self._made_up(run_id), "")):
            message = self._deployment.dialect.cancel(given)
            if not await self._refused(_reaching(message, "run", given, owner)):
                return False
        return True

    def _made_up(self, like: str) -> str:
        """An id nobody was given. Raises `NotSafe` where it could be somebody's all the same."""
        if is_guessable(like):
            self._deployment.safety.guard("id_enumeration")
        return made_up(like)

    async def _refused(self, message: Outgoing) -> bool:
        refusals = self._user.memory.refusals
        await self._send(message)
        within_s = self._deployment.environment.patience.fence_s
        return await self._user.until(
            lambda: self._user.memory.refusals > refusals, "a refusal", within_s
        )

    async def _ask(self, run: Run, message: Outgoing) -> bool:
        await self._send(message)
        return await run.finished()

    async def _subscribe(self, message: Outgoing) -> None:
        connection, memory = self._user.online, self._user.memory
        if connection is None:
            return
        memory.resubscribing(connection.name)
        refusals = memory.refusals
        await self._send(message)
        await self._user.until(
            lambda: memory.is_subscribed(connection.name) or memory.refusals > refusals,
            "the answer to a subscription",
        )

    async def _send(self, message: Outgoing) -> None:
        await self._user.turn()
        if self._user.online is not None:
            await self._user.online.send(message)


def _reaching(message: Outgoing, what: str, given: str, whose: str) -> Outgoing:
    fact = facts.AccessAttempted(what=what, given=given, whose=whose)
    return msgspec.structs.replace(message, also=(*message.also, fact))
