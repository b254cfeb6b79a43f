"""`greenlight gate`: behave under a small parent that believes a sealed verdict, and nothing else.

Code inside of a process can always end it with any status: `os._exit(0)`, `os.execv`, a hook at
exit, a crash. So the parent hands a fresh id to the run and exits with 0 only when behave has, and
when the evidence of the run with that id is consistent and leads to APPROVED once more.
"""

from __future__ import annotations

import secrets
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

from support.config.own_folder import own_folder
from support.run.proof import Proof
from support.run.start import GATE_FLAG, RECEIPT_FLAG, refuse_elsewhere, refuse_without_assertions

FAILED = 1
LOOK_S = 0.2
PASSED_ON = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT")


def gate(arguments: Sequence[str], *, narrowed: bool = False, plain: bool = False) -> int:
    """Run `behave --tags=@critical` with further `arguments`; 0 for a proven APPROVED alone.

    Where they have `narrowed` the selection it is a rehearsal: 0 when nothing failed. `plain`
    output is that of a pipe, even on a terminal. Raises behave's `ConfigError` where nothing would
    be checked.
    """
    refuse_without_assertions()
    refuse_elsewhere(arguments)
    own = own_folder()
    try:
        receipt = own / secrets.token_hex(16)
        command = [sys.executable, "-m", "behave"]
        command += [*arguments] if narrowed else ["--tags=@critical", *arguments]
        command += [] if narrowed else ["-D", f"{GATE_FLAG}=true"]
        command += ["-D", f"{RECEIPT_FLAG}={receipt}"]
        proof = Proof(receipt)
        status = _ended(command, proof, plain=plain)
        decision, problem = proof.verdict()
    finally:
        shutil.rmtree(own, ignore_errors=True)
    if narrowed and not problem and decision == "NO DECISION":
        return status if status >= 0 else FAILED
    if not problem and (status == 0) is (decision == "APPROVED"):
        return max(status, 0) if decision == "APPROVED" else max(status, FAILED)
    problem = problem or f"its verdict is {decision}"
    how = f"status {status}" if status >= 0 else f"signal {-status}"
    print(f"INCONCLUSIVE: behave ended with {how}, but {problem}. Nothing is approved.", flush=True)
    return max(status, FAILED)


def _ended(command: list[str], proof: Proof, *, plain: bool) -> int:
    """The exit status of `command`, which gets every signal that this process gets.

    Its verdict is proven as soon as it is sealed, while the report is still being written.
    """
    waiting: list[int] = []
    child: list[subprocess.Popen[bytes]] = []

    def pass_on(number: int, _: Any) -> None:
        if not child:
            waiting.append(number)
        else:
            child[0].send_signal(number)

    for name in PASSED_ON:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, pass_on)
    child.append(subprocess.Popen(command, stdout=subprocess.PIPE if plain else None))
    for number in waiting:
        child[0].send_signal(number)
    for line in child[0].stdout or ():
        sys.stdout.buffer.write(line)
        sys.stdout.buffer.flush()
        proof.look()
    while True:
        try:
            return child[0].wait(LOOK_S)
        except subprocess.TimeoutExpired:
            proof.look()
