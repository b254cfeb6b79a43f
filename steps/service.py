"""What happens to the service itself: restarts, health, and what it counts."""

from behave import then, when

from support.checks import (
    connections_freed,
    health_agrees,
    restart_announced,
    resumed_where_left,
    runs_survived_restart,
)
from support.client import User, group
from support.cost import costs

CONNECTS = 100


@when("the service is asked for its health")
def asked_for_health(context):
    context.session.probes.health()


@then("what the service says about itself and what {user:User} meets agree")
def health_and_handshake_agree(context, user: User):
    context.session.verify(health_agrees(user.key))


@when("the service is shut down in good order and started again")
async def restarted(context):
    await group.reach(context.session.people, "agent_thinking")
    await context.session.control.restart()


@then("everybody was told of the restart, and when to come back")
async def told_of_restart(context):
    people = [person.key for person in context.session.people]
    codes = tuple(context.session.deployment.dialect.data.closing.restart)
    context.session.verify(restart_announced(people, codes))


@when("everybody reconnects")
async def everybody_reconnects(context):
    await group.reconnect(context.session.people)


@then("everybody has picked up where they were")
async def everybody_picked_up(context):
    await group.fence(context.session.people)
    context.session.verify_each(lambda person: resumed_where_left(person.key))


@then("no run was lost in the restart")
async def no_run_lost(context):
    people = [person.key for person in context.session.people]
    context.session.verify(runs_survived_restart(people))


@when("a hundred connections are opened and left, every second one by a cut")
@costs(0, people=10)
async def hundred_connections(context):
    context.session.probes.connections()
    await group.come_and_go(context.session.group(10), CONNECTS)


@then("within {limit:Seconds} the service counts no more connections than before")
async def connections_are_freed(context, limit: float):
    await context.session.probes.connections_fall(limit)
    strangers = context.session.environment.sizes.other_connections
    context.session.verify(connections_freed(CONNECTS, strangers))
