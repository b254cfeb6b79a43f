"""Resuming where it is hard: in the middle of an event, from odd positions, twice."""

from behave import then, when

from support.checks import (
    accepted_runs_ended,
    resume_refused,
    run_continued_while_away,
    same_replay,
    was_disconnected,
)
from support.client import User, group
from support.client.resume_positions import Position, questions_to_outlive
from support.run.cost import costs
from support.run.parameter_types import Moment


@when("{user:User} resumes from {position:Position}")
@costs(questions_to_outlive)
async def resumes_from(context, user: User, position: Position):
    await position.resume(user)


@when("{user:User} reconnects on both devices at once")
async def both_devices_reconnect(context, user: User):
    await group.reconnect([user, user])


@when("{user:User}'s second device subscribes twice")
async def subscribes_twice(context, user: User):
    device, read_up_to = user.connections[-1], user.memory.read_up_to
    await user.subscribe(device, None)
    await user.subscribe(device, read_up_to)


@then("{user:User} lost the connection {moment:Moment}")
def lost_the_connection(context, user: User, moment: Moment):
    context.session.verify(was_disconnected(user.key, moment.event, moment.where))


@then("the resume from {position:Position} is refused, and {user:User} receives only new events")
async def resume_is_refused(context, user: User, position: Position):
    await user.liveness.fence()
    reasons = context.session.deployment.dialect.refuses_to_resume(position.name)
    context.session.verify(resume_refused(user.key, reasons))


@then("{user:User} has received the same events both times")
async def same_both_times(context, user: User):
    await group.settle([user])
    context.session.verify(same_replay(user.key))


@then("{user:User}'s run ended before the reconnect")
def run_went_on(context, user: User):
    context.session.verify(run_continued_while_away(user.key, user.current_run.request_id))


@then("every accepted run has ended")
async def accepted_have_ended(context):
    await group.settle(context.session.people)
    context.session.verify(accepted_runs_ended([user.key for user in context.session.people]))
