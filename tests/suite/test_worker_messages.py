"""What a worker says arrives, whatever characters a deployment has put into it."""

from __future__ import annotations

from multiprocessing import Pipe

from support.approval import Outcome
from support.journal import Known
from support.run.parallel.messages import (
    Ended,
    Told,
    received_by_parent,
    received_by_worker,
    send,
)


def failed(reason: str) -> Ended:
    outcome = Outcome(
        id="i",
        feature="F",
        name="N",
        path="f.feature",
        line=1,
        category="functional",
        status="failed",
        reason=reason,
    )
    return Ended(number=1, outcome=outcome, output=f"{reason} …")


def test_half_a_surrogate_pair_in_what_a_worker_says_is_replaced() -> None:
    ours, theirs = Pipe()
    with ours, theirs:
        send(theirs, failed("chat \ud800"))
        assert received_by_parent(ours) == failed("chat ?")


def test_half_a_surrogate_pair_in_what_a_worker_is_told_is_replaced() -> None:
    ours, theirs = Pipe()
    with ours, theirs:
        send(ours, Told(1, Known("user", "an-id-\udc4b", "s001/Alice"), 2))
        assert received_by_worker(theirs) == Told(1, Known("user", "an-id-?", "s001/Alice"), 2)
