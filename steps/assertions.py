"""What users must have received, and what they must not."""

from behave import then

from support.checks import (
    answer_contains,
    answer_right,
    handshake_refused,
    messages_answered,
    missed_events_replayed,
    received_nothing_of,
    rejected_as_documented,
    unaffected,
)
from support.client import User, group
from support.run.groups import Group
from support.run.parameter_types import WholeRun


@then("{users:Group} has received {run:WholeRun}, in order")
async def whole_run_received(context, users: Group, run: WholeRun):
    await users.finish()
    context.session.verify_all(users.answered(uses_tool=run.uses_tool))


@then("{users:Group} has received one complete run for each question, accepted in the order asked")
async def one_run_for_each_question(context, users: Group):
    await users.settle()
    context.session.verify_all(users.all_answered())


@then("at least {count:d} questions are answered")
def questions_are_answered(context, count: int):
    context.session.verify(messages_answered(count))


@then("{users:Group} has received every event once, in order")
async def every_event_once(context, users: Group):
    await users.settle()
    context.session.verify_all(users.streams_whole())


@then("{users:Group} has resumed without a gap")
async def has_resumed(context, users: Group):
    await users.fence()
    context.session.verify_all(users.resumed())


@then("{user:User} has received the missed events, and then the live ones")
def missed_then_live(context, user: User):
    devices = sum(connection.is_open for connection in user.connections)
    context.session.verify(missed_events_replayed(user.key, then_live=True, devices=devices))


@then("every answer to {user:User} is correct")
def answers_are_correct(context, user: User):
    for run in user.runs:
        context.session.verify(answer_right(user.key, run.request_id))


@then("the answer quotes {user:User}")
def answer_quotes(context, user: User):
    words = context.session.label_of(user)
    context.session.verify(answer_contains(user.key, user.current_run.request_id, words))


@then("no user has received anything of another")
async def only_their_own(context):
    everyone = context.session.everyone
    await everyone.fence()
    context.session.verify(everyone.isolated())


@then("{user:User} has received nothing of {other:User}'s")
async def nothing_of(context, user: User, other: User):
    await group.fence([user, other])
    context.session.verify(received_nothing_of(user.key, other.key))


@then("{user:User} gets the documented response")
def gets_documented_response(context, user: User):
    context.session.verify(rejected_as_documented(user.key))


@then("{user:User} is refused and receives nothing")
def is_refused(context, user: User):
    people = [person.key for person in context.session.people]
    context.session.verify(handshake_refused(user.key, people))


@then("{users:Group} is unaffected")
async def is_unaffected(context, users: list[User]):
    await group.fence(users)
    context.session.verify_each(lambda user: unaffected(user.key), users)
