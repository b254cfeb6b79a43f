"""Attempts to reach what belongs to another user."""

from behave import then, when

from support.attacks import authorization
from support.attacks.belongings import BELONGINGS, Belonging
from support.checks import acted_as_self_only, existence_not_revealed, same_conversation
from support.client import User
from support.run.cost import costs


@when("{user:User} tries to use {victim:User}'s {belonging:Belonging}")
@costs(lambda environment, people, words: BELONGINGS[words["belonging"]].questions)
async def tries_to_use(context, user: User, victim: User, belonging: Belonging):
    await belonging.use(user, victim)


@when("{user:User} tries to cancel the runs with the ids next to their own")
async def cancels_neighbouring_runs(context, user: User):
    await authorization.cancel_neighbours(user)


@then("{user:User} has acted as themselves alone, never as {victim:User}")
async def acted_as_themselves(context, user: User, victim: User):
    await victim.finished()
    await victim.liveness.fence()
    context.session.verify(acted_as_self_only(user.key, victim.key))


@then("{user:User} gets the same responses as for a {resource:Resource} that does not exist")
def same_responses(context, user: User, resource: str):
    codes = context.session.deployment.dialect.rejects("absent")
    context.session.verify(existence_not_revealed(user.key, resource, codes))


@then("{user:User} is still in the same conversation")
def still_in_conversation(context, user: User):
    context.session.verify(same_conversation(user.key))
