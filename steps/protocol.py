"""What breaks the protocol, and how it is turned down."""

from behave import when

from support.client import User


@when("{user:User} breaks the protocol with {what:Breach}")
async def breaks_protocol(context, user: User, what: str):
    await user.mischief.breaks_protocol(what)
