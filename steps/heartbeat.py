"""Connections on which nothing arrives: dead ones, and quiet ones."""

from behave import given, then, when

from support.checks import (
    admitted,
    dead_connection_noticed,
    idle_connection_survives,
    unresponsive_client_dropped,
)
from support.client import User, group


@given("{user:User} is chatting through a load balancer that closes idle connections")
async def chatting_through_load_balancer(context, user: User):
    network = await context.session.network()
    await user.connect(via=(network.host, network.port))
    context.session.verify(admitted(user.key))
    context.idle = await group.behind_load_balancer(user, network)


@when("{user:User}'s newest device stops responding")
async def device_stops_responding(context, user: User):
    context.heartbeat_s = user.liveness.heartbeat_s
    await user.liveness.go_silent(4 * context.heartbeat_s + 1)


@when("{user:User} sends nothing for longer than the load balancer allows")
async def sends_nothing(context, user: User):
    hold_s = context.session.environment.patience.idle_hold
    context.quiet_s = hold_s or 3.5 * user.liveness.heartbeat_s
    await user.liveness.disconnected_within(context.quiet_s)
    context.idle.close()


@then("{user:User}'s app has noticed within two heartbeats, plus {spare:Duration}")
def app_has_noticed(context, user: User, spare: float):
    context.session.verify(dead_connection_noticed(user.key, context.heartbeat_s, spare))


@then(
    "the service has disconnected that device of {user:User}'s after more than one heartbeat"
    " and at most three, plus {spare:Duration}"
)
def unresponsive_disconnected(context, user: User, spare: float):
    context.session.verify(unresponsive_client_dropped(user.key, context.heartbeat_s, spare))


@then("{user:User}'s connection has survived the idle time")
def connection_survived(context, user: User):
    context.session.verify(idle_connection_survives(user.key, context.quiet_s))
