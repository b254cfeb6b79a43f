"""Whose data an HTTP answer holds is recorded, and only that of others."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest
from histories import ALICE, BOB, canary_of, id_of

from support.client import record_mentions
from support.journal import Journal, records

ADDRESS = "greenlight-alice@example.test"


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    journal = Journal(tmp_path / "journal.jsonl")
    journal.redactor.add_canary(canary_of(ALICE), ALICE)
    journal.redactor.add_identifier(ADDRESS, "email", ALICE)
    journal.redactor.add_identifier(id_of(ALICE), "user", ALICE)
    yield journal
    journal.close()


def recorded(journal: Journal) -> list[tuple[str, tuple[str, ...]]]:
    return [(r.user, r.mentions) for r in journal.history().of(records.AnswerMentions)]


@pytest.mark.parametrize(
    ("answer", "mention"),
    [
        (f"users: {ADDRESS}", f"email:{ALICE}"),
        (f'last{{text="note {canary_of(ALICE)}"}} 1', f"canary:{ALICE}"),
        (f"X-Last: {base64.b64encode(canary_of(ALICE).encode()).decode()}", f"canary:{ALICE}"),
    ],
)
def test_what_anyone_gets_mentions_a_user(journal: Journal, answer: str, mention: str) -> None:
    record_mentions(journal, "GET /health", answer)
    assert recorded(journal) == [("", (mention,))]


def test_of_ids_and_of_what_is_nobodys_there_is_no_record(journal: Journal) -> None:
    record_mentions(journal, "GET /health", f"healthy, {id_of(ALICE)}")
    assert recorded(journal) == []


def test_users_may_get_their_own_data(journal: Journal) -> None:
    record_mentions(journal, "sign-in", f"{ADDRESS} {canary_of(ALICE)}", user=ALICE)
    assert recorded(journal) == []


def test_an_address_that_was_sent_may_come_back_but_a_secret_may_not(journal: Journal) -> None:
    answer = f"{ADDRESS} is taken, they said {canary_of(ALICE)}"
    record_mentions(journal, "sign-up", answer, user=BOB, sent=f"{ADDRESS} {canary_of(ALICE)}")
    assert recorded(journal) == [(BOB, (f"canary:{ALICE}",))]
