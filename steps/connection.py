"""Connecting, staying connected and leaving; restarts of the service."""

from behave import then, when

from support.checks import (
    closed_cleanly,
    connections_freed,
    health_agrees,
    pings_answered,
    restart_announced,
    runs_survived_restart,
)
from support.client import User, group
from support.client.visits import Visits

CONNECTS = 100


@when("{user:User} sends pings while the agent is working")
async def sends_pings(context, user: User):
    environment = context.session.environment
    await user.liveness.check(environment.sizes.pings, environment.policy.ping_answer_ms)


@when("{users:Group} open {visits:Visits}")
async def open_connections(context, users: list[User], visits: Visits):
    probes = context.session.probes
    probes.connections_before()
    await visits.make(users, context.session.environment, probes.connections_rise)


@then("{user:User}'s connection was closed cleanly")
def closed_in_order(context, user: User):
    context.session.verify(closed_cleanly(user.key))


@then("the service reports itself healthy, and {user:User} can connect")
def health_and_handshake_agree(context, user: User):
    context.session.probes.health()
    context.session.verify(health_agrees(user.key))


@then(
    "every ping of {user:User} was answered within the limit of this environment,"
    " 95 of 100 of those during the run within {most:Duration}"
)
async def pings_were_answered(context, user: User, most: float):
    await user.finished()
    limit_ms = context.session.environment.policy.ping_answer_ms
    at_least = context.session.environment.sizes.pings
    context.session.verify(pings_answered(user.key, limit_ms, most, at_least))


@then("everyone was told about the restart and when to reconnect, then disconnected as documented")
def told_of_restart(context):
    if lacking := context.session.deployment.lacking("restart_notice"):
        raise lacking
    people = [user.key for user in context.session.people]
    context.session.verify(restart_announced(people))


@then("no run was lost while {part:ServicePart} was down")
async def no_run_lost(context, part: str):
    await group.settle(context.session.people)
    people = [user.key for user in context.session.people]
    context.session.verify(runs_survived_restart(people, part))


@then("within {limit:Duration} the service counts no more connections than before")
async def connections_are_freed(context, limit: float):
    await context.session.probes.connections_fall(limit)
    strangers = context.session.environment.sizes.other_connections
    context.session.verify(connections_freed(CONNECTS, strangers))
