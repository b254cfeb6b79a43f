"""What the network does: it falls silent, recovers, and cuts quiet lines."""

import asyncio

from behave import given, then, when

from support.checks import (
    admitted,
    dead_connection_noticed,
    idle_connection_survives,
    unresponsive_client_dropped,
)
from support.client import User
from support.faults.toxics.idle_timeout import IdleTimeout
from support.faults.toxics.silence import Silence


@given("{user:User} is chatting over a network that can fail")
async def chatting_over_network(context, user: User):
    network = await context.session.network()
    await user.connect(via=(network.host, network.port))
    context.session.verify(admitted(user.key))
    context.heartbeat_s = user.line.heartbeat_s


@given("{user:User}'s app watches the line")
async def watches_line(context, user: User):
    user.line.watch()
    await user.line.fence()


@when("the network falls silent without closing anything")
async def network_falls_silent(context):
    network = await context.session.network()
    await context.session.people[0].line.first_heartbeat()
    network.add(Silence())
    await context.session.people[0].line.lost_within(4 * context.heartbeat_s)


@then("{user:User}'s app notices within two heartbeats, plus {spare:Seconds}")
def app_notices(context, user: User, spare: float):
    context.session.verify(dead_connection_noticed(user.key, context.heartbeat_s, spare))


@when("the network is itself again and {user:User} reconnects")
async def network_recovers(context, user: User):
    network = await context.session.network()
    network.reset()
    await user.reconnect()


@when("{user:User}'s app hangs and answers nothing any more")
async def app_hangs(context, user: User):
    context.heartbeat_s = user.line.heartbeat_s
    user.line.hang()
    await user.line.lost_within(4 * context.heartbeat_s + 1)


@then(
    "the service disconnects {user:User} after more than one heartbeat"
    " and at most three, plus {spare:Seconds}"
)
def silent_user_disconnected(context, user: User, spare: float):
    codes = tuple(context.session.deployment.dialect.data.closing.silent)
    context.session.verify(unresponsive_client_dropped(user.key, context.heartbeat_s, spare, codes))


@given("{user:User} is chatting behind a load balancer that cuts quiet lines")
async def chatting_behind_balancer(context, user: User):
    network = await context.session.network()
    await user.connect(via=(network.host, network.port))
    context.session.verify(admitted(user.key))
    network.add(IdleTimeout(2 * user.line.heartbeat_s))
    # A line on which nobody ever speaks: the proof that this load balancer cuts.
    context.dead_line = await asyncio.open_connection(network.host, network.port)


@when("nothing is said for longer than the load balancer allows")
async def nothing_is_said(context):
    user = context.session.people[0]
    context.quiet_s = context.session.environment.patience.idle_hold or 3.5 * user.line.heartbeat_s
    await user.line.lost_within(context.quiet_s)
    context.dead_line[1].close()


@then("{user:User}'s line has outlived the quiet time")
def line_outlived(context, user: User):
    context.session.verify(idle_connection_survives(user.key, context.quiet_s))
