"""What users ask the agent."""

from behave import step, when

from support.client import User, group, questions
from support.client.questions import Question, amount, in_turn, turns
from support.run.cost import costs
from support.run.groups import Group


@step("{users:Group} asks {question:Question}")
@costs(amount, in_turn=turns)
async def asks(context, users: Group, question: Question):
    await users.ask(question)


@step("{users:Group} has {question:Question} answered")
@costs(amount, in_turn=in_turn)
async def has_answered(context, users: Group, question: Question):
    await users.ask_one_by_one(question)


@step("{users:Group} gets the answer")
async def gets_answer(context, users: list[User]):
    await group.finish(users)


@when(
    "{user:User} asks {question:Question} and loses the connection right after {event:AgentEvent}"
)
@costs(amount)
async def asks_and_loses(context, user: User, question: Question, event: str):
    user.cut_after(event)
    await questions.ask([user], question)
    await user.until(lambda: user.online is None, f"{event} of a run")


@when("{user:User} cancels {question:Question} after {event:AgentEvent}")
@costs(amount)
async def cancels_after(context, user: User, question: Question, event: str):
    await user.ask(question.kinds[0])
    await user.reaches(event)
    await user.cancel(user.current_run)
    await user.finished()


@when("{user:User} continues the conversation with {question:Question}")
@costs(amount)
async def continues(context, user: User, question: Question):
    await user.ask(question.kinds[0], thread=user.memory.thread_id)
    await user.finished()
