"""Crowds that the load engine carries: too many for a journal of every message."""

from behave import then, when

from support.checks import load_held
from support.run.cost import costs
from support.run.crowd import put_load


@when("{count:d} users chat for {time:Duration}")
@costs(lambda e, people, words: int(words["count"]) * 4, in_turn=lambda e, *_: 4)
def users_chat(context, count: int, time: float):
    put_load(context.session, count, time)


@when("{count:d} users chat for {time:Duration}, and all lose the connection at the same moment")
@costs(lambda e, people, words: int(words["count"]) * 4, in_turn=lambda e, *_: 4)
def users_chat_and_drop(context, count: int, time: float):
    put_load(context.session, count, time, storm=True)


@then("the service has held the load")
def load_is_held(context):
    context.session.verify(load_held())
