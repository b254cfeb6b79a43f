"""People who should not get in, and proof that the door is not simply shut."""

from behave import given, then, when

from support.checks import admitted, handshake_refused
from support.client import User


@when("a visitor tries to get in as {user:User} with {flaw:Flaw}")
async def visitor_tries(context, user: User, flaw: str):
    await user.door.prove_forgery(flaw)
    await context.session.person("Visitor").door.break_in(user, flaw)


@when("a page tries to get in as {user:User} with {flaw:Flaw}")
async def page_tries(context, user: User, flaw: str):
    await user.door.prove_forgery(flaw, "subprotocol")
    await context.session.person("Visitor").door.break_in(user, flaw, "subprotocol")


@when('a visitor tries to get in as {user:User} with her token in the address, as "{name}"')
async def visitor_tries_address(context, user: User, name: str):
    token = f"a valid token in the URL parameter {name}"
    await context.session.person("Visitor").door.break_in(user, token)


@when("a page of {site:Site} tries to get in with {user:User}'s own token")
async def page_of_site_tries(context, site: str, user: User):
    await context.session.person("Visitor").door.break_in_from(user, site)


@given("{user:User} is chatting from a page of the allowed site")
async def chatting_from_page(context, user: User):
    await user.connect_from_page()
    context.session.verify(admitted(user.key))


@when("{user:User} comes to chat from a page of the allowed site")
async def comes_from_page(context, user: User):
    await user.connect_from_page()


@given("{user:User} is chatting in a browser")
async def chatting_as_page(context, user: User):
    await user.connect(way="subprotocol")
    context.session.verify(admitted(user.key))


@when("{user:User} comes to chat in a browser")
async def comes_as_page(context, user: User):
    await user.connect(way="subprotocol")


@then("the visitor stays out and sees nothing")
def visitor_stays_out(context):
    people = [person.key for person in context.session.people]
    context.session.verify(handshake_refused(context.session.person("Visitor").key, people))


@then("{user:User} can still come in")
async def can_still_come_in(context, user: User):
    await user.connect()
    context.session.verify(admitted(user.key))


@then("{user:User} can still come in from a page of the allowed site")
async def can_still_come_from_page(context, user: User):
    await user.connect_from_page()
    context.session.verify(admitted(user.key))


@then("{user:User} can still come in with a browser")
async def can_still_come_as_page(context, user: User):
    await user.connect(way="subprotocol")
    context.session.verify(admitted(user.key))
