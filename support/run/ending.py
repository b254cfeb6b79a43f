"""The end of the process: threads that a step has left running do not keep it alive."""

from __future__ import annotations

import os
import sys
import threading
import time

PATIENCE_S = 2.0


def leave_threads_behind(status: int) -> None:
    """End the process with `status` if threads that Python would wait for do not end by themselves.

    The verdict is sealed by then: what such a thread still does can change nothing of it.
    """
    deadline = time.monotonic() + PATIENCE_S
    waited_for = [t for t in threading.enumerate() if t is not threading.main_thread()]
    for thread in waited_for:
        if not thread.daemon:
            thread.join(max(0.0, deadline - time.monotonic()))
    left = [t.name for t in waited_for if t.is_alive() and not t.daemon]
    if left:
        print(f"A step left threads running ({', '.join(left)}); they are ended with this process.")
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
