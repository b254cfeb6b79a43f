"""Apps that come back by themselves: outages, what is written meanwhile, connections put aside."""

from behave import given, then, when

from support.checks import (
    admitted,
    backed_off,
    breaker_closed,
    breaker_opened,
    events_shown_once,
    failed_fast,
    no_retry_after_refusal,
    pool_keeps_users_apart,
    reconnect_gave_up,
    reconnected,
    resent_request_ran_once,
    state_survived_reconnect,
)
from support.client import User
from support.client.reconnect import acquire, release
from support.cost import costs
from support.faults import OnFrame
from support.faults.toxics.double import Double
from support.faults.toxics.refuse import Refuse
from support.faults.toxics.reset import Reset
from support.journal.facts import THINKING

OUTAGE_S = 10.0


@given("{user:User}'s app comes back by itself")
def comes_back_by_itself(context, user: User):
    user.stay_connected()


@given("{user:User} is chatting over a network that comes and goes")
async def chatting_over_unsteady_network(context, user: User):
    network = await context.session.network()
    await user.connect(via=(network.host, network.port))
    context.session.verify(admitted(user.key))


@given("{user:User} is chatting over a network that delivers everything twice")
async def chatting_over_doubling_network(context, user: User):
    network = await context.session.network(reads_messages=True)
    await user.connect(via=(network.host, network.port))
    context.session.verify(admitted(user.key))
    network.add(Double(direction="to_user"))


@given("{user:User}'s token is no longer good")
def token_no_longer_good(context, user: User):
    user.account.lose_access("a garbled token")


@when("the network goes away, and is back after {count:d} attempts to reconnect")
async def network_away(context, count: int):
    network = await context.session.network()
    away = network.add(Refuse())
    network.add(Reset(scope="open"))
    await away.has_fired(OUTAGE_S, times=count)
    network.reset()


@when("the network goes away until {user:User}'s app gives up")
async def network_away_until_given_up(context, user: User):
    network = await context.session.network()
    network.add(Refuse())
    network.add(Reset(scope="open"))
    await user.line.lost_within(OUTAGE_S)
    await user.auto_reconnect.healed(OUTAGE_S)


@when("{user:User} tries to reconnect at once")
async def tries_at_once(context, user: User):
    await user.auto_reconnect.try_again()


@when("the network is itself again, and {user:User} tries once more after a while")
async def tries_after_a_while(context, user: User):
    network = await context.session.network()
    network.reset()
    await user.auto_reconnect.rested()
    await user.auto_reconnect.try_again()


@when("{user:User}'s connection is lost just as a question of hers is confirmed")
@costs()
async def confirmation_lost(context, user: User):
    network = await context.session.network(reads_messages=True)
    network.add(Reset(when=OnFrame(forwarded=0), scope="open", times=1))
    await user.ask()
    await user.line.lost_within(OUTAGE_S)


@when("{user:User}'s app has come back")
async def app_has_come_back(context, user: User):
    await user.auto_reconnect.healed(OUTAGE_S)
    context.session.verify(reconnected(user.key))


@when("{user:User} goes on in the same conversation")
@costs()
async def goes_on(context, user: User):
    await user.ask(thread=user.memory.thread_id)


@when("{user:User}'s connection is lost in the middle of the answer to a question of hers")
@costs()
async def lost_in_answer(context, user: User):
    user.cut_after(THINKING)
    await user.ask("tool")
    await user.line.lost_within(OUTAGE_S)


@when("{user:User} puts her connection aside, and {other:User} asks for one before she does")
async def puts_aside(context, user: User, other: User):
    await release(user, context.session.pool)
    for person in (other, user):
        await acquire(person, context.session.pool, context.session.journal)


@then("within {limit:Seconds} {user:User}'s app is back, after longer and longer pauses")
async def back_after_pauses(context, limit: float, user: User):
    await user.auto_reconnect.healed(limit)
    plan = context.session.environment.reconnect
    context.session.verify(backed_off(user.key, plan.pauses_s, plan.jitter))
    context.session.verify(reconnected(user.key, at_least=2, within_s=limit))


@then("{user:User}'s app has made five attempts, after longer and longer pauses")
def five_attempts(context, user: User):
    plan = context.session.environment.reconnect
    context.session.verify(backed_off(user.key, plan.pauses_s, plan.jitter))
    context.session.verify(reconnect_gave_up(user.key, plan.attempts))


@then("{user:User}'s app is turned away, and does not insist")
async def does_not_insist(context, user: User):
    await user.auto_reconnect.healed(OUTAGE_S)
    context.session.verify(no_retry_after_refusal(user.key))


@then("{user:User}'s circuit breaker has opened after five failures, and spared that attempt")
def breaker_has_opened(context, user: User):
    plan = context.session.environment.reconnect
    context.session.verify(breaker_opened(user.key, plan.breaker_failures))
    context.session.verify(failed_fast(user.key, plan.cool_down_s * plan.scale))


@then("{user:User}'s circuit breaker has let a single attempt through, and is closed again")
def breaker_has_closed(context, user: User):
    plan = context.session.environment.reconnect
    context.session.verify(breaker_closed(user.key))
    context.session.verify(failed_fast(user.key, plan.cool_down_s * plan.scale))


@then("{user:User} is shown every event once")
async def is_shown_once(context, user: User):
    await user.line.fence()
    context.session.verify(events_shown_once(user.key))


@then("{user:User}'s question is sent again, and runs once")
async def sent_again(context, user: User):
    await user.current_run.finished()
    await user.line.fence()
    context.session.verify(resent_request_ran_once(user.key))


@then("{user:User} went on as the same person, in the same conversation, from where she was")
def went_on(context, user: User):
    context.session.verify(state_survived_reconnect(user.key))


@then("{user:User} is given her own, {other:User} is not, and it works")
async def given_back(context, user: User, other: User):
    await user.line.fence()
    context.session.verify(pool_keeps_users_apart(user.key, other.key))
