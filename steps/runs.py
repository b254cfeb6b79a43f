"""What people ask and what they see of the agent's runs."""

from behave import given, then, when

from support.checks import (
    answer_contains,
    complete_run,
    event_received,
    every_question_answered,
    went_on_while_away,
    whole_story,
)
from support.client import User


@when("{user:User} asks a question")
async def asks(context, user: User):
    await user.ask("plain")


@when("{user:User} asks a question that needs a tool")
async def asks_for_tool(context, user: User):
    await user.ask("tool")


@given("{user:User} asks a question that takes a while")
@when("{user:User} asks a question that takes a while")
async def asks_slowly(context, user: User):
    await user.ask("slow")


@when("{user:User} gets the answer")
async def gets_answer(context, user: User):
    await user.current_run.finished()


@when("{user:User} sends a long series of messages")
async def sends_series(context, user: User):
    await user.ask_series(context.session.environment.sizes.messages, in_flight=10)


@when("{user:User} meanwhile gets answers to two questions that take a while")
async def gets_two_slow_answers(context, user: User):
    await user.ask_series(2, in_flight=1, kind="slow")


@then(
    "within {limit:Seconds} {user:User} has received {event:AgentEvent},"
    " with everything it should carry"
)
async def has_received(context, limit: float, user: User, event: str):
    await user.current_run.reaches(event, within_s=limit)
    context.session.verify(event_received(user.key, user.current_run.request_id, event))


@then("within {limit:Seconds} {user:User} has seen the whole run, in order, with its tool")
async def whole_run_with_tool(context, limit: float, user: User):
    await user.current_run.finished(within_s=limit)
    await user.fence()
    run = complete_run(user.key, user.current_run.request_id, uses_tool=True)
    context.session.verify(run)


@then("within {limit:Seconds} {user:User} has seen the whole run, in order")
async def whole_run_within(context, limit: float, user: User):
    await user.current_run.finished(within_s=limit)
    await user.fence()
    context.session.verify(complete_run(user.key, user.current_run.request_id))


@then("{user:User} has seen the whole run, in order")
def whole_run(context, user: User):
    context.session.verify(complete_run(user.key, user.current_run.request_id))


@then("{user:User}'s story has no gap, nothing twice and nothing out of order")
def story_is_whole(context, user: User):
    context.session.verify(whole_story(user.key))


@then("every message of {user:User} was answered once, by a whole run of its own")
async def every_message_answered(context, user: User):
    await user.fence()
    context.session.verify(every_question_answered(user.key, at_least=len(user.runs)))


@then("the answer quotes {user:User}")
def answer_quotes(context, user: User):
    words = context.session.label_of(user)
    context.session.verify(answer_contains(user.key, user.current_run.request_id, words))


@then("the answer to {user:User} is right")
def answer_is_right(context, user: User):
    words = context.session.right_answer
    context.session.verify(answer_contains(user.key, user.current_run.request_id, words))


@then("{user:User}'s run had ended before she came back")
def run_went_on(context, user: User):
    context.session.verify(went_on_while_away(user.key, user.current_run.request_id))
