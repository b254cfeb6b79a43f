"""Who is there: people come, leave, and are somebody."""

from behave import given, then, when

from support.checks import admitted, closed_cleanly, established_within
from support.client import User, group
from support.cost import costs


@given("{user:User} is chatting")
async def is_chatting(context, user: User):
    await user.connect()
    context.session.verify(admitted(user.key))


@given("{user:User} and {other:User} are chatting")
async def are_chatting(context, user: User, other: User):
    await group.connect([user, other])
    for person in (user, other):
        context.session.verify(admitted(person.key))


@given("{user:User} is chatting on a second device, too")
async def second_device(context, user: User):
    await user.connect()
    context.session.verify(admitted(user.key))


@given("{user:User} is chatting over a compressed connection")
async def chatting_compressed(context, user: User):
    await user.connect(compress=True)
    context.session.verify(admitted(user.key))


@given("{user:User} is chatting with an app that keeps ten unsent messages")
async def small_outbox(context, user: User):
    user.outbox.limit = 10
    await user.connect()
    context.session.verify(admitted(user.key))


@given("ten users are chatting")
@costs(0, people=10)
async def ten_are_chatting(context):
    people = context.session.group(10)
    await group.connect(people)
    for person in people:
        context.session.verify(admitted(person.key))


@given("a crowd is chatting")
@costs(0, people=lambda e, *_: e.sizes.group)
async def crowd_is_chatting(context):
    people = context.session.group(context.session.environment.sizes.group)
    await group.connect(people)
    for person in people:
        context.session.verify(admitted(person.key))


@given("a group of users is chatting")
@costs(0, people=lambda e, *_: e.sizes.load_users)
async def group_is_chatting(context):
    people = context.session.group(context.session.environment.sizes.load_users)
    await group.connect(people)
    for person in people:
        context.session.verify(admitted(person.key))


@when("{user:User} signs up and signs in")
async def signs_in(context, user: User):
    await user.sign_in()


@when("{user:User} comes to chat")
async def comes_to_chat(context, user: User):
    await user.connect()


@when("{user:User} gets the answer and leaves")
async def gets_answer_and_leaves(context, user: User):
    await user.current_run.finished()
    await user.leave()


@then("{user:User} is connected within {limit:Seconds}")
def connected_within(context, user: User, limit: float):
    context.session.verify(established_within(user.key, limit))


@then("{user:User} is let in")
def is_let_in(context, user: User):
    context.session.verify(admitted(user.key))


@then("{user:User}'s goodbye is answered")
def goodbye_answered(context, user: User):
    context.session.verify(closed_cleanly(user.key))
