"""Messages that are broken, long, written offline, or meant for many."""

from behave import then, when

from support.checks import (
    announcement_received_by_all,
    outbox_delivered,
    overflow_reported,
    oversize_refused,
    rejected_with_error,
    unaffected,
)
from support.client import User, group
from support.cost import costs


@when("{user:User} sends {what:BrokenInput}")
async def sends_broken(context, user: User, what: str):
    await user.misbehave(what)


@then("{user:User} is told properly what was wrong")
def told_properly(context, user: User):
    context.session.verify(rejected_with_error(user.key))


@when("{user:User} is there again, if need be")
async def there_again(context, user: User):
    if user.online is None:
        await user.reconnect()


@then("{user:User} noticed nothing of it")
async def noticed_nothing(context, user: User):
    await user.line.fence()
    context.session.verify(unaffected(user.key))


@when("{user:User} sends a message of a page, to be quoted back")
@costs()
async def sends_page(context, user: User):
    await user.ask("page", filler="lorem ipsum dolor sit amet, " * 100)


@when("{user:User} sends a message just below the limit")
@costs()
async def sends_just_below(context, user: User):
    await user.ask_sized(user.message_limit - 1)


@when("{user:User} sends a message of exactly the limit")
@costs()
async def sends_at_limit(context, user: User):
    await user.ask_sized(user.message_limit)


@when("{user:User} sends a message of many-byte characters, in fragments")
@costs()
async def sends_fragments(context, user: User):
    await user.ask_sized(user.message_limit - 1, letter="🙂", pieces=7)


@when("{user:User} sends a message just above the limit")
@costs()
async def sends_just_above(context, user: User):
    await user.ask_sized(user.message_limit + 1)


@then("the message is refused as too large")
async def refused_as_agreed(context):
    user = context.session.people[0]
    await user.until(lambda: user.online is None, "the refusal of a message")
    codes = tuple(context.session.deployment.dialect.data.closing.oversize)
    context.session.verify(oversize_refused(user.key, user.message_limit, codes))


@when("{user:User} loses the connection")
async def loses_connection(context, user: User):
    user.cut()
    await user.gone()


@when("{user:User} writes twenty messages")
@costs(20, in_turn=1)
async def writes_twenty(context, user: User):
    for _ in range(20):
        await user.ask()


@then("everything {user:User} wrote went out, in order")
async def everything_went_out(context, user: User):
    await group.settle([user])
    context.session.verify(outbox_delivered(user.key, at_least=20))


@then("everything else {user:User} wrote went out, in order")
async def everything_else_went_out(context, user: User):
    await group.settle([user])
    context.session.verify(outbox_delivered(user.key, at_least=user.outbox.limit))


@then("{user:User} was told of {count:d} messages that did not fit")
def told_of_overflow(context, user: User, count: int):
    context.session.verify(overflow_reported(user.key, count))


@when("an operator makes an announcement")
async def operator_announces(context):
    await context.session.control.announce("Maintenance tonight at ten.")


@then("it reaches {user:User} and {other:User}, once each, and belongs to nobody")
async def announcement_reaches(context, user: User, other: User):
    for person in (user, other):
        await person.hears_announcement()
        await person.line.fence()
    context.session.verify(
        announcement_received_by_all([user.key, other.key], "Maintenance tonight at ten.")
    )
