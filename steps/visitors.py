"""People who should not get in, and proof that the door is not simply shut."""

from behave import then, when

from support.checks import admitted, kept_out
from support.client import User


@when("a visitor tries to get in as {user:User} with {flaw:Flaw}")
async def visitor_tries(context, user: User, flaw: str):
    await user.prove_forgery(flaw)
    await context.session.person("Visitor").break_in(user, flaw)


@then("the visitor stays out and sees nothing")
def visitor_stays_out(context):
    people = [person.key for person in context.session.people]
    context.session.verify(kept_out(context.session.person("Visitor").key, people))


@then("{user:User} can still come in")
async def can_still_come_in(context, user: User):
    await user.connect()
    context.session.verify(admitted(user.key))
