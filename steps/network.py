"""What happens to the network and to the parts of the service."""

from behave import when

from support.client import User, group
from support.run.network import ensure_time_to_return


@when("the network fails")
async def network_fails(context):
    network = await context.session.network()
    deployment = context.session.deployment
    context.outage = await group.cut_off(context.session.people, network, deployment)


@when("the network recovers after {count:d} attempts per user")
async def network_recovers_after(context, count: int):
    context.attempts = count + 1
    ensure_time_to_return(context.session.environment, context.attempts, context.tags)
    network = await context.session.network()
    await context.outage.has_fired(group.RECONNECT_S, times=count * len(context.session.people))
    network.reset()


@when("the network falls silent for a while")
async def network_falls_silent(context):
    network, people = await context.session.network(), context.session.people
    context.heartbeat_s = await group.silence(people, network)


@when("{users:Group}'s app is done reconnecting")
async def done_reconnecting(context, users: list[User]):
    await group.reconnected(users, group.RECONNECT_S)


@when("{part:ServicePart} goes down")
async def goes_down(context, part: str):
    await group.accepted(context.session.people)
    await context.session.control.take_down(part)


@when("{part:ServicePart} crashes and comes back")
async def crashes(context, part: str):
    await group.accepted(context.session.people)
    await context.session.control.switch("kill", part)
    await context.session.control.start_again(part)


@when("{part:ServicePart} comes back")
async def comes_back(context, part: str):
    await context.session.control.start_again(part)
