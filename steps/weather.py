"""Bad networks, and what becomes of people on them."""

from behave import given, then, when

from support.checks import (
    admitted,
    complete_despite_faults,
    complete_in_the_end,
    network_fault_fired,
    reconnected,
    reconnects_jittered,
    recovered_within,
    resumed_where_left,
    retries_succeed,
    stalled_handshake_over,
)
from support.client import User, group, retry_until_complete, see_through
from support.cost import costs
from support.faults import NETWORK_PROFILES, chaos

OUTAGE_S = 10.0
SPARE_S = 0.5


def _fault(context, weather: str):
    profile = NETWORK_PROFILES[f"a network that {weather}"]
    return profile.faults(context.session.deployment.dialect, context.session.environment.chaos)[0]


@given("{user:User} is to chat over a network that {weather:Weather}")
async def to_chat_over(context, user: User, weather: str):
    fault = _fault(context, weather)
    network = await context.session.network(reads_messages=fault.reads_messages)
    user.stay_connected()
    network.add(fault)
    await user.connect(via=(network.host, network.port))
    await user.auto_reconnect.healed(OUTAGE_S)
    context.session.verify(admitted(user.key))


@then("the network really {weather:Weather}")
def network_really(context, weather: str):
    fault = _fault(context, weather)
    context.session.verify(network_fault_fired(weather, fault.name, fault.times))


@when("{user:User}'s app notices that an event is missing and reconnects")
async def reconnects_at_gap(context, user: User):
    await user.reconnect_at_gap(OUTAGE_S)


@when("{user:User}'s app repeats the question until it is answered")
async def repeats_until_answered(context, user: User):
    plan = context.session.environment.chaos
    await see_through(user, plan.patience_s, plan.within_s)


@then("{user:User} has resumed where the gap began")
def resumed_at_gap(context, user: User):
    context.session.verify(resumed_where_left(user.key))


@then("{user:User}'s question ran once, and the complete run has arrived in the end")
async def arrived_in_the_end(context, user: User):
    await user.current_run.finished()
    await user.line.fence()
    context.session.verify(complete_in_the_end(user.key))


@when("{user:User} connects over a network that {weather:Weather}, and {other:User} meanwhile")
async def connects_meanwhile(context, user: User, other: User, weather: str):
    session = context.session
    stalls = _fault(context, weather)
    limit_s = session.environment.patience.connect_s + SPARE_S
    await group.connect_past_stalled(user, other, await session.network(), stalls, limit_s)


@then("{user:User}'s app has given up within the limit of this environment")
def has_given_up(context, user: User):
    limit_s = context.session.environment.patience.connect_s + SPARE_S
    context.session.verify(stalled_handshake_over(user.key, limit_s))


@given("a few people are chatting over a bad network, with apps that come back by themselves")
@costs(0, people=lambda e, *_: e.chaos.users)
async def chatting_over_bad_network(context):
    plan, network = (
        context.session.environment.chaos,
        await context.session.network(reads_messages=True),
    )
    people = context.session.group(plan.users)
    await group.connect(people, via=(network.host, network.port))
    for person in people:
        context.session.verify(admitted(person.key))
        person.stay_connected()
    network.add_all(chaos(context.session.deployment.dialect, plan))


@when("everybody asks several questions, and sees each of them through")
@costs(lambda e, people, _: e.chaos.questions * people, in_turn=lambda e, *_: e.chaos.questions)
async def asks_and_sees_through(context):
    plan, people = context.session.environment.chaos, context.session.people
    await retry_until_complete(people, plan.questions, plan.patience_s, plan.within_s)
    (await context.session.network()).reset()


@then("everybody has the whole story in the end")
async def whole_story_in_the_end(context):
    await group.fence(context.session.people)
    plan, people = context.session.environment.chaos, [p.key for p in context.session.people]
    context.session.verify(complete_despite_faults(people, plan.questions, plan.seed))


@given("a great many people are chatting over a network that comes and goes")
@costs(0, people=lambda e, *_: e.sizes.storm)
async def great_many_chatting(context):
    await _chatting_over_unsteady_network(context, context.session.environment.sizes.storm)


@given("twenty people are chatting over a network that comes and goes")
async def twenty_chatting(context):
    await _chatting_over_unsteady_network(context, 20)


async def _chatting_over_unsteady_network(context, count: int):
    network = await context.session.network()
    people = context.session.group(count)
    await group.connect(people, via=(network.host, network.port))
    for person in people:
        context.session.verify(admitted(person.key))
        person.stay_connected()


@given("everybody asks a question that takes a moment")
@costs(lambda e, people, _: people, in_turn=1)
async def everybody_asks_briefly(context):
    for person in context.session.people:
        await person.ask("brief")
    await group.reach(context.session.people, "agent_started")


@when("the network cuts everybody off at once, and is back only for the fourth attempt of each")
async def cut_off_at_once(context):
    session = context.session
    await group.storm(session.people, await session.network(), session.deployment, OUTAGE_S)


@then("within {limit:Seconds} everybody is back, each at moments of their own")
async def everybody_is_back(context, limit: float):
    people = context.session.people
    await group.healed(people, limit)
    context.session.verify_each(lambda person: reconnected(person.key, within_s=limit))
    plan = context.session.environment.reconnect
    keys = [person.key for person in people]
    context.session.verify(reconnects_jittered(keys, plan.pauses_s, plan.jitter))


@then("at least {share:d} of 100 attempts that reached the service have succeeded")
def attempts_succeeded(context, share: int):
    people = [person.key for person in context.session.people]
    context.session.verify(retries_succeed(people, share / 100, at_least=len(people)))


@then(
    "95 of 100 were back at the whole story within {limit:Seconds},"
    " and it is known how long it took"
)
async def back_within(context, limit: float):
    await group.settle(context.session.people)
    people = [person.key for person in context.session.people]
    context.session.verify(recovered_within(people, limit))
