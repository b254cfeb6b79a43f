"""Given users are met again in later scenarios, and are the same people there."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from histories import Tape

from support.checks.isolation import nothing_leaked
from support.client import SignIn
from support.journal import records


def sign_in() -> SignIn:
    return SignIn(cast(Any, SimpleNamespace()), lambda secret, label: None)


def test_somebody_new_has_not_been_met() -> None:
    assert sign_in().met_before("u-1", "s001/Alice") == []


def test_somebody_given_is_remembered_by_every_earlier_name() -> None:
    people = sign_in()
    people.met_before("u-1", "s001/Alice")
    people.met_before("u-1", "s002/Bob")
    assert people.met_before("u-1", "s003/Alice") == ["s001/Alice", "s002/Bob"]
    assert people.met_before("u-2", "s003/Bob") == []


def test_what_somebody_wrote_in_an_earlier_scenario_is_still_theirs() -> None:
    tape = Tape()
    tape.add(records.SignedIn, user="s002/Alice", ok=True, way="static", user_id="u-1")
    tape.add(
        records.Frame,
        user="s002/Alice",
        connection="s002/Alice#1",
        direction="received",
        size=1,
        text="x",
        mentions=("canary:s001/Alice",),
    )
    assert nothing_leaked()(tape.history).state == "failed"
    tape.add(records.SameIdentityAs, user="s001/Alice", user_id="u-1")
    assert nothing_leaked()(tape.history).state == "passed"
