"""Users connect, disconnect, lose their connection and come back."""

from behave import given, step, then, when

from support.checks import admitted, established_within, has_account
from support.client import User, group
from support.client.access import Access
from support.faults import NetworkProfile
from support.run.groups import Group


@given("{users:Group} is chatting")
@given("{users:Group} are chatting")
async def is_chatting(context, users: Group):
    await users.connect()
    context.session.verify_all(users.admitted())


@given("{user:User} is chatting from {access:Access}")
@then("{user:User} can connect from {access:Access}")
async def is_chatting_from(context, user: User, access: Access):
    await access.connect(user)
    context.session.verify(admitted(user.key))


@given("{users:Group} is chatting over {network:Network}")
@given("{users:Group} are chatting over {network:Network}")
async def is_chatting_over(context, users: list[User], network: NetworkProfile):
    proxy, faults = await context.session.network_over(network)
    await group.connect_over(users, proxy, faults, after_handshake=network.after_handshake)
    context.session.verify_each(lambda user: admitted(user.key), users)


@given("{users:Group} has an account")
async def has_an_account(context, users: list[User]):
    await group.sign_in(users)
    context.session.verify_each(lambda user: has_account(user.key), users)


@given("{users:Group}'s app reconnects automatically")
def reconnects_automatically(context, users: list[User]):
    for user in users:
        user.stay_connected()


@step("{users:Group} connects")
async def connects(context, users: list[User]):
    await group.connect(users)


@step("{users:Group} reconnects")
async def reconnects(context, users: Group):
    await users.reconnect()


@step("{users:Group} disconnects")
async def disconnects(context, users: list[User]):
    await group.leave(users)


@step("{users:Group} loses the connection")
async def loses_connection(context, users: Group):
    await users.drop()


@when("{user:User} loses the connection after {event:AgentEvent}")
async def loses_connection_after(context, user: User, event: str):
    await user.lose_connection_after(event)


@when("{user:User}'s newest connection is closed")
async def newest_connection_is_closed(context, user: User):
    await user.disconnected_by_service()


@then("{users:Group} is connected")
def is_connected(context, users: list[User]):
    context.session.verify_each(lambda user: admitted(user.key), users)


@then("{users:Group} is connected within {limit:Duration}")
def is_connected_within(context, users: list[User], limit: float):
    context.session.verify_each(lambda user: established_within(user.key, limit), users)
