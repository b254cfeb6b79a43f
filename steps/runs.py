"""What people ask and what they see of the agent's runs."""

from behave import given, then, when

from support.checks import (
    answer_right,
    complete_run,
    event_received,
    every_question_answered,
    failed_without_internals,
    messages_answered,
    only_that_run_cancelled,
    ran_once,
    results_belong,
    run_continued_while_away,
    stream_complete,
)
from support.client import User, group
from support.cost import costs


@given("{user:User} asks a question")
@when("{user:User} asks a question")
@costs()
async def asks(context, user: User):
    await user.ask("plain")


@when("{user:User} asks a question that needs a tool")
@costs()
async def asks_for_tool(context, user: User):
    await user.ask("tool")


@given("{user:User} asks a question that needs several tools")
@when("{user:User} asks a question that needs several tools")
@costs()
async def asks_for_tools(context, user: User):
    await user.ask("tools")


@when("{user:User} asks for something that cannot be done")
@costs()
async def asks_impossible(context, user: User):
    await user.ask("failing")


@when("{user:User} asks three questions that take a while, one right after another")
@costs(3, in_turn=1)
async def asks_three(context, user: User):
    for _ in range(3):
        await user.ask("slow")


@when("{user:User} cancels the second of them")
async def cancels_second(context, user: User):
    await user.cancel(user.runs[1])


@when("{user:User}, unsure whether it got through, sends the same request again")
async def repeats(context, user: User):
    await user.repeat(user.current_run)


@given("{user:User} asks a question that takes a while")
@when("{user:User} asks a question that takes a while")
@costs()
async def asks_slowly(context, user: User):
    await user.ask("slow")


@given("{user:User} asks a question that takes a moment")
@costs()
async def asks_briefly(context, user: User):
    await user.ask("brief")


@given("{user:User} gets the answer")
@when("{user:User} gets the answer")
async def gets_answer(context, user: User):
    await user.current_run.finished()


@when("{user:User} sends a long series of messages")
@costs(lambda e, *_: e.sizes.messages, in_turn=lambda e, *_: e.sizes.messages // 10)
async def sends_series(context, user: User):
    await user.ask_series(context.session.environment.sizes.messages, in_flight=10)


@given("{user:User} asks a question that takes a while, and one that takes longer")
@costs(2, in_turn=1)
async def asks_slowly_twice(context, user: User):
    await user.ask("slow")
    await user.ask("slower")
    await group.accepted([user])


@when("{user:User} meanwhile gets the answer to a question that takes a while")
@costs()
async def gets_slow_answer(context, user: User):
    await user.ask_series(1, in_flight=1, kind="slow")


@when("{user:User} meanwhile gets answers to two questions that take a while")
@costs(2)
async def gets_two_slow_answers(context, user: User):
    await user.ask_series(2, in_flight=1, kind="slow")


@then("{user:User} has received {event:AgentEvent}, with everything it should carry")
async def has_received(context, user: User, event: str):
    await user.current_run.reaches(event)
    context.session.verify(event_received(user.key, user.current_run.request_id, event))


@then("{user:User} has seen the whole run, in order, with its tool")
async def whole_run_with_tool(context, user: User):
    await user.current_run.finished()
    await user.line.fence()
    run = complete_run(user.key, user.current_run.request_id, uses_tool=True)
    context.session.verify(run)


@then("{user:User} has seen the whole run, in order")
async def whole_run(context, user: User):
    await user.current_run.finished()
    await user.line.fence()
    context.session.verify(complete_run(user.key, user.current_run.request_id))


@then("every result belongs to its call, and the answer uses them")
def results_are_right(context):
    run = context.session.people[0].current_run
    expected = context.session.deployment.dialect.data.results["tools"]
    context.session.verify(results_belong(run.user.key, run.request_id, expected))


@then("{user:User} is told that it failed, and nothing internal")
async def told_of_failure(context, user: User):
    await user.current_run.finished()
    await user.line.fence()
    code = context.session.failure_code
    context.session.verify(failed_without_internals(user.key, user.current_run.request_id, code))


@then("the second is cancelled within {limit:Seconds}, and the others are answered")
async def second_cancelled(context, limit: float):
    user = context.session.people[0]
    first, second, third = user.runs
    await group.ended(user.runs)
    await user.line.fence()
    others = [first.request_id, third.request_id]
    context.session.verify(only_that_run_cancelled(user.key, second.request_id, others, limit))


@then("the repeated request of {user:User} ran once")
async def repeated_ran_once(context, user: User):
    await user.line.fence()
    context.session.verify(ran_once(user.key, user.current_run.request_id))


@then("{user:User}'s story has no gap, nothing twice and nothing out of order")
def story_is_whole(context, user: User):
    context.session.verify(stream_complete(user.key))


@then("every message of everybody was answered once, by a whole run of its own")
async def everybody_answered(context):
    await group.fence(context.session.people)
    context.session.verify_each(lambda p: every_question_answered(p.key, at_least=len(p.runs)))


@then("at least {count:d} messages were answered")
def messages_were_answered(context, count: int):
    context.session.verify(messages_answered(count))


@then("every message of {user:User} was answered once, by a whole run of its own")
async def every_message_answered(context, user: User):
    await group.settle([user])
    context.session.verify(every_question_answered(user.key, at_least=len(user.runs)))


@then("the answer to {user:User} is right")
@then("the answer to {user:User} is right, so the end of the message arrived")
def answer_is_right(context, user: User):
    context.session.verify(answer_right(user.key, user.current_run.request_id))


@then("{user:User}'s run had ended before she came back")
def run_went_on(context, user: User):
    context.session.verify(run_continued_while_away(user.key, user.current_run.request_id))
