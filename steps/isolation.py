"""Several people at work at once, and what they may see of each other."""

from behave import given, then, when

from support.checks import (
    complete_run,
    devices_agree,
    events_isolated,
    only_user_answered,
    received_nothing_of,
)
from support.client import User, group
from support.config import LeftOut
from support.cost import costs


@when("{user:User} and {other:User} ask a question at the same time")
@costs(2, in_turn=1)
async def ask_together(context, user: User, other: User):
    await group.ask([user, other], questions=1)


@given("{user:User} and {other:User} ask a question that takes a while")
@costs(2, in_turn=1)
async def ask_slowly_together(context, user: User, other: User):
    await user.ask("slow")
    await other.ask("slow")


@when("{user:User} and {other:User} each have the agent remember a note of theirs")
@costs(2, in_turn=1)
async def remember_notes(context, user: User, other: User):
    await group.ask([user, other], questions=1, kind="tools")


@when("{user:User} and {other:User} each have the agent recall their notes")
@costs(2, in_turn=1)
async def recall_notes(context, user: User, other: User):
    await group.ask([user, other], questions=1, kind="recall")


@when("each of them sends five messages")
@costs(lambda e, people, _: 5 * people, in_turn=5)
async def send_five(context):
    await group.ask(context.session.people, questions=5)


@when("everybody keeps asking questions at the same time")
@costs(lambda e, people, _: 5 * people, in_turn=5)
async def everybody_asks(context):
    await group.ask(context.session.people, questions=5)


@when("together they send {count:d} messages")
@costs(
    lambda e, people, words: -(-int(words["count"]) // people) * people,
    in_turn=lambda e, people, words: -(-int(words["count"]) // people),
)
async def send_together(context, count: int):
    people, most = context.session.people, context.session.environment.sizes.total_messages
    if most < count:
        raise LeftOut(
            f"this environment allows {most} messages, not {count} (sizes.total_messages)"
        )
    await group.ask(people, questions=-(-count // len(people)))


@then("each of them has seen a whole run of their own")
async def each_whole_run(context):
    await group.finish(context.session.people)
    context.session.verify_each(lambda p: complete_run(p.key, p.current_run.request_id))


@then("{user:User} has seen the whole run on every device")
async def whole_run_on_devices(context, user: User):
    run = user.current_run
    await run.finished()
    await user.line.fence()
    context.session.verify(complete_run(user.key, run.request_id, uses_tool=True))


@then("both devices of {user:User} have seen the same")
def devices_saw_the_same(context, user: User):
    context.session.verify(devices_agree(user.key))


@then("{user:User} alone was answered")
async def alone_answered(context, user: User):
    await group.fence(context.session.people)
    others = [person.key for person in context.session.people if person is not user]
    context.session.verify(only_user_answered(user.key, others))


@then("none of them has seen anything of the others")
async def nobody_saw_others(context):
    await group.fence(context.session.people)
    context.session.verify(events_isolated([person.key for person in context.session.people]))


@then("{user:User} has seen nothing of {other:User}'s")
async def has_seen_nothing(context, user: User, other: User):
    await user.line.fence()
    context.session.verify(received_nothing_of(user.key, other.key))
