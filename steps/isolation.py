"""Several people at work at once, and what they may see of each other."""

from behave import then, when

from support.checks import complete_run, private, saw_nothing_of
from support.client import User, crowd


@when("{user:User} and {other:User} ask a question at the same time")
async def ask_together(context, user: User, other: User):
    await crowd.ask([user, other], questions=1)


@when("everybody keeps asking questions at the same time")
async def everybody_asks(context):
    await crowd.ask(context.session.people, questions=5)


@then("within {limit:Seconds} each of them has seen a whole run of their own")
async def each_whole_run(context, limit: float):
    await crowd.finish(context.session.people, within_s=limit)
    for person in context.session.people:
        context.session.verify(complete_run(person.key, person.current_run.request_id))


@then("none of them has seen anything of the others")
async def nobody_saw_others(context):
    await crowd.fence(context.session.people)
    context.session.verify(private([person.key for person in context.session.people]))


@then("{user:User} has seen nothing of {other:User}'s")
async def has_seen_nothing(context, user: User, other: User):
    await user.fence()
    context.session.verify(saw_nothing_of(user.key, other.key))
