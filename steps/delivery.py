"""Messages that are repeated, malformed, too large, written offline, or meant for everyone."""

from behave import step, then, when

from support.attacks.messages import Message
from support.checks import (
    announcement_received_by_all,
    only_operators_announce,
    only_user_answered,
    outbox_delivered,
    overflow_reported,
    oversize_refused,
    ran_once,
)
from support.client import User, group, repetitions
from support.run.parameter_types import Repetition

ANNOUNCEMENT = "Maintenance tonight at ten."


@when("{user:User} sends {message:Message}")
async def sends_message(context, user: User, message: Message):
    await message.send(user, context.session.probes.watched)


@step("{user:User} repeats the {request:Repetition}")
async def repeats(context, user: User, request: Repetition):
    run = user.runs[0] if request.first else user.current_run
    await user.repeat(run, reworded=request.reworded)


@when("an operator makes an announcement")
async def operator_announces(context):
    await context.session.control.announce(ANNOUNCEMENT)


@then("{user:User}'s repeated request ran once")
async def repeated_ran_once(context, user: User):
    user.ensure_can_repeat()
    await user.finished()
    await user.liveness.fence()
    context.session.verify(ran_once(user.key, *repetitions(user.runs)))


@then("{user:User}'s message is refused as too large")
def refused_as_too_large(context, user: User):
    context.session.verify(oversize_refused(user.key, user.message_limit))


@then("{count:d} queued questions of {user:User} were sent, in order")
async def queued_were_sent(context, count: int, user: User):
    await group.accepted([user])
    context.session.verify(outbox_delivered(user.key, at_least=count))


@then("{user:User} was told that {count:d} questions did not fit")
def told_of_overflow(context, user: User, count: int):
    context.session.verify(overflow_reported(user.key, count))


@then("only {user:User} is answered")
async def only_one_answered(context, user: User):
    people = context.session.people
    await group.fence(people)
    others = [person.key for person in people if person is not user]
    context.session.verify(only_user_answered(user.key, others))


@then(
    "{users:Group} has received the operator's announcement once on each subscribed device,"
    " addressed to everyone, and nobody else's"
)
async def announcement_received(context, users: list[User]):
    await group.hear_announcement(users)
    keys = [user.key for user in users]
    context.session.verify(announcement_received_by_all(keys, ANNOUNCEMENT))
    context.session.verify(only_operators_announce(keys))
