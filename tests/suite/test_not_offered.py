"""What a dialect lacks is not assessed, claim by claim; isolation is never approved unproven."""

from __future__ import annotations

import re

import pytest
from throwaway import GOOD, Suite, agree

from support.dialects.loading import DIALECTS

OURS = (DIALECTS / "agent-chat-v1.toml").read_text("utf-8")
WITHOUT_POSITIONS = re.sub(r"^(position|get\.position) = .*\n", "", OURS, flags=re.M)
SMALL_MESSAGES = OURS.replace('"limits.message_bytes"', '"`8192`"')
SHARED = OURS.replace("format = 2\n", 'format = 2\nidentity = "shared"\n')

CLAIMS = """
    @functional @critical
    Feature: A run
      Scenario: Two claims
        Given Alice is chatting
        When Alice asks a question
        Then Alice has received the complete run, in order
        And Alice has received every event once, in order

      Scenario: One claim
        Given Alice is chatting
        When Alice asks a question
        Then Alice has received every event once, in order
"""

LONG = """
    @functional @critical
    Feature: Long questions
      Scenario: One page
        Given Alice is chatting
        When Alice asks a question of one page
        Then Alice has received the complete run, in order

      Scenario: Four pages
        Given Alice is chatting
        When Alice asks a question of four pages
        Then Alice has received the complete run, in order
"""


def speaking(suite: Suite, dialect: str) -> str:
    suite.write("ours.toml", dialect)
    return f"-Ddialect={suite.folder / 'ours.toml'}"


def test_a_claim_that_is_not_offered_leaves_the_others_assessed(suite: Suite) -> None:
    suite.feature(CLAIMS)
    ran = suite.run("--tags=@critical", speaking(suite, WITHOUT_POSITIONS))
    assert ran.statuses == {GOOD: "passed", "Two claims": "passed", "One claim": "skipped"}
    reasons = {o["name"]: o["reason"] for o in ran.outcomes["scenarios"]}
    assert "do not subscribe to events with positions" in reasons["One claim"]
    agree(ran, "APPROVED")
    listed = {n["what"]: n["why"] for n in ran.verdict["not_assessed"]}
    left = "“Alice has received every event once, in order” in “Two claims”"
    assert listed[left] == listed["One claim"]
    assert not any("in “One claim”" in what for what in listed), "it is listed as a whole"


def test_a_question_longer_than_the_service_allows_is_not_asked(suite: Suite) -> None:
    suite.feature(LONG)
    ran = suite.run("--tags=@critical", speaking(suite, SMALL_MESSAGES))
    assert ran.statuses == {GOOD: "passed", "One page": "passed", "Four pages": "skipped"}
    reasons = {o["name"]: o["reason"] for o in ran.outcomes["scenarios"]}
    assert "allows 8,192 bytes in a message" in reasons["Four pages"]


@pytest.mark.parametrize("single_user", [False, True])
def test_one_identity_for_all_approves_for_a_single_user_at_most(
    suite: Suite, single_user: bool
) -> None:
    suite.feature(CLAIMS, "security/more.feature")
    single = f"-Dsingle_user={str(single_user).lower()}"
    ran = suite.run("--tags=@critical", speaking(suite, SHARED), single)
    assert ran.statuses[GOOD] == "passed", "the claim on the runs is still assessed"
    if single_user:
        agree(ran, "APPROVED")
        assert "APPROVED for a single user" in ran.output
    else:
        agree(ran, "INCONCLUSIVE")
        assert "one identity" in ran.reasons


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (('says = "ready"', 'says = "redy"'), r"ours\.toml is broken: line \d+, read\[0\]\.says"),
        (("when = \"type=='pong'\"", 'when = "type==\'pong"'), r"line \d+, read\[\d+\]\.when"),
        (
            ("[fence]", "[fense]") if "[fence]" in OURS else ("[resume]", "[resumee]"),
            "did you mean",
        ),
        (("{nonce}", "{nonse}"), r"send\.ping: nothing is kept as \{nonse\}.*'nonce'"),
    ],
)
def test_a_broken_dialect_is_named_with_line_and_key(
    suite: Suite, change: tuple[str, str], told: str
) -> None:
    ran = suite.run("--tags=@critical", speaking(suite, OURS.replace(*change)))
    assert (ran.code, ran.left_nothing) == (1, True) or ran.decision == "INCONCLUSIVE"
    assert re.search(told, ran.output), ran.output
    assert "Traceback" not in ran.output
