"""What users must have received, and what they must not."""

from behave import then

from support.checks import (
    answer_contains,
    answer_right,
    complete_run,
    events_isolated,
    every_question_answered,
    handshake_refused,
    messages_answered,
    missed_events_replayed,
    received_nothing_of,
    rejected_with_error,
    resumed_where_left,
    stream_complete,
    unaffected,
)
from support.client import User, group
from support.run.parameter_types import WholeRun


@then("{users:Group} has received {run:WholeRun}, in order")
async def whole_run_received(context, users: list[User], run: WholeRun):
    await group.finish(users)
    await group.fence(users)
    context.session.verify_each(
        lambda user: complete_run(user.key, user.current_run.request_id, uses_tool=run.uses_tool),
        users,
    )


@then("{users:Group} has received one complete run for each question")
async def one_run_for_each_question(context, users: list[User]):
    await group.settle(users)
    context.session.verify_each(
        lambda user: every_question_answered(user.key, at_least=len(user.runs)), users
    )


@then("at least {count:d} questions are answered")
def questions_are_answered(context, count: int):
    context.session.verify(messages_answered(count))


@then("{users:Group} has received every event once, in order")
async def every_event_once(context, users: list[User]):
    await group.settle(users)
    context.session.verify_each(lambda user: stream_complete(user.key), users)


@then("{users:Group} has resumed without a gap")
async def has_resumed(context, users: list[User]):
    await group.fence(users)
    context.session.verify_each(lambda user: resumed_where_left(user.key), users)


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
    people = context.session.people
    await group.fence(people)
    context.session.verify(events_isolated([user.key for user in people]))


@then("{user:User} has received nothing of {other:User}'s")
async def nothing_of(context, user: User, other: User):
    await user.liveness.fence()
    context.session.verify(received_nothing_of(user.key, other.key))


@then("{user:User} is told what was wrong")
def told_what_was_wrong(context, user: User):
    context.session.verify(rejected_with_error(user.key))


@then("{user:User} is refused and receives nothing")
def is_refused(context, user: User):
    people = [person.key for person in context.session.people]
    context.session.verify(handshake_refused(user.key, people))


@then("{users:Group} is unaffected")
async def is_unaffected(context, users: list[User]):
    await group.fence(users)
    context.session.verify_each(lambda user: unaffected(user.key), users)
