"""Several workers on one deployment: what one of them receives of another's people is a leak."""

from __future__ import annotations

import threading
from pathlib import Path
from queue import SimpleQueue

import pytest
from reference_process import Reference
from throwaway import Suite, agree

from support.journal import Known
from support.run.parallel.messages import Heard, Told
from support.run.parallel.sharing import NOT_TOLD, Hub, Sharing

#: One user in each, so whatever leaks is of another scenario, that runs beside it.
SINGLE = """
    @security @critical @isolation @E1
    Feature: One user at a time
      Scenario Outline: User <number> is alone in this scenario
        Given Alice is chatting
        When Alice asks a long series of questions
        Then Alice has received one complete run for each question, accepted in the order asked

        Examples:
          | number |
          | 1      |
          | 2      |
          | 3      |
          | 4      |
"""
ALICE = Known("user", "8d5e957f-the-id-of-alice", "s001/Alice")
RUN = Known("run", "r-123456", "s001/Alice")


@pytest.mark.parametrize(
    ("defect", "decision"),
    [
        ("", "APPROVED"),
        ("events-to-everyone", "REJECTED"),
        ("anothers-note-in-answer", "REJECTED"),
        ("anothers-user-id-in-data", "REJECTED"),
    ],
    ids=["healthy", "events", "secret", "id"],
)
def test_what_leaks_to_another_workers_people_is_found(
    tmp_path: Path, defect: str, decision: str
) -> None:
    options = ("--defect", defect) if defect else ()
    service = Reference(tmp_path / "reference", *options)
    try:
        suite = Suite(tmp_path, service.address)
        suite.feature(SINGLE, "security/isolation.feature")
        ran = suite.run("--tags=@critical", "-D", "jobs=2", "-D", "sizes.messages=40")
    finally:
        service.stop()
    agree(ran, decision)
    assert {cause["code"] for cause in ran.verdict["causes"][:1]} == (
        {"data_leak"} if defect else set()
    )


def test_a_user_is_used_once_all_others_know_them() -> None:
    said: SimpleQueue[Told] = SimpleQueue()
    sharing = Sharing(said.put, within_s=30)
    telling = threading.Thread(target=sharing.tell, args=(ALICE,))
    telling.start()
    number = said.get(timeout=30).number
    telling.join(0.1)
    assert telling.is_alive()
    sharing.heard(number)
    telling.join(30)
    assert (telling.is_alive(), sharing.problem) == (False, "")


def test_for_the_ids_of_runs_nobody_waits() -> None:
    sharing = Sharing(lambda _: None, within_s=30)
    sharing.tell(RUN)
    assert sharing.problem == ""


def test_a_worker_that_does_not_hear_leaves_isolation_unproven() -> None:
    sharing = Sharing(lambda _: None, within_s=0.01)
    sharing.tell(ALICE)
    assert sharing.problem == NOT_TOLD


def test_all_have_heard_when_each_has_answered_or_ended() -> None:
    hub, heard = Hub(), Heard(7, 0)
    assert hub.told(Told(7, ALICE), 0, [1, 2, 3]) == Told(7, ALICE, 0)
    assert not hub.heard(heard, 1)
    assert hub.ended(2) == []
    assert hub.heard(heard, 3)
    assert not hub.heard(heard, 3)
    hub.told(Told(8, ALICE), 0, [1])
    assert hub.ended(1) == [Heard(8, 0)]
