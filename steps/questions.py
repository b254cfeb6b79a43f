"""What users ask the agent."""

from behave import step, when

from support.client import User, group, questions
from support.client.questions import Question, question_named
from support.run.cost import costs


def _amount(environment, users, words):
    return users * question_named(words["question"], environment.sizes).amount


def _in_turn(environment, users, words):
    return question_named(words["question"], environment.sizes).amount


@step("{users:Group} asks {question:Question}")
@costs(_amount, in_turn=lambda e, _, words: question_named(words["question"], e.sizes).turns)
async def asks(context, users: list[User], question: Question):
    await questions.ask(users, question)


@step("{users:Group} has {question:Question} answered")
@costs(_amount, in_turn=_in_turn)
async def has_answered(context, users: list[User], question: Question):
    await group.ask(users, question.count, question.kinds[0])


@step("{users:Group} gets the answer")
async def gets_answer(context, users: list[User]):
    await group.finish(users)


@when(
    "{user:User} asks {question:Question} and loses the connection right after {event:AgentEvent}"
)
@costs(_amount)
async def asks_and_loses(context, user: User, question: Question, event: str):
    user.cut_after(event)
    await questions.ask([user], question)
    await user.until(lambda: user.online is None, f"{event} of a run")


@when("{user:User} continues the conversation with {question:Question}")
@costs(_amount)
async def continues(context, user: User, question: Question):
    await user.ask(question.kinds[0], thread=user.memory.thread_id)
    await user.finished()
