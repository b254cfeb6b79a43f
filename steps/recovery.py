"""Resuming where it is hard: in the middle of an event, from odd positions, twice."""

from behave import then, when

from support.checks import (
    accepted_runs_ended,
    resume_refused,
    run_continued_while_away,
    same_replay,
    was_disconnected,
)
from support.client import User, group, resume_from
from support.client.resume_positions import questions_to_outlive
from support.faults import NetworkProfile
from support.run.cost import costs


@when("{user:User} reconnects over {network:Network}")
async def reconnects_over(context, user: User, network: NetworkProfile):
    proxy, faults = await context.session.network_over(network)
    proxy.add_all(faults)
    await user.reconnect(via=(proxy.host, proxy.port))


@when("{user:User} resumes from {position:Position}")
@costs(questions_to_outlive)
async def resumes_from(context, user: User, position: str):
    await resume_from(user, position)


@when("{user:User} resumes from the same position on a second device")
async def resumes_elsewhere(context, user: User):
    await group.settle([user])
    await user.connect(since=user.resumed_from)


@when("{user:User} reconnects on both devices at once")
async def both_devices_reconnect(context, user: User):
    await group.reconnect([user, user])


@then("{user:User} lost the connection in the middle of {event:AgentEvent}")
def lost_in_the_middle(context, user: User, event: str):
    context.session.verify(was_disconnected(user.key, event, "in"))


@then("{user:User} lost the connection right after {event:AgentEvent}")
def lost_right_after(context, user: User, event: str):
    context.session.verify(was_disconnected(user.key, event, "right after"))


@then("the resume from {position:Position} is refused, and {user:User} receives only new events")
async def resume_is_refused(context, user: User, position: str):
    await user.liveness.fence()
    reasons = context.session.deployment.dialect.data.not_recovered[position]
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
