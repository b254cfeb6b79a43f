"""What must be right before anything is run, and the receipt for the supervising process."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from behave.exception import ConfigError

GATE_FLAG = "gate"
RECEIPT_FLAG = "gate_receipt"
_loading: list[object] = []


def refuse_without_assertions() -> None:
    """Raise `ConfigError` under `-O` or PYTHONOPTIMIZE: Python then leaves assertions out."""
    if sys.flags.optimize:
        raise ConfigError(
            "Python runs without assertions here, so nothing would be checked:"
            " leave out -O and PYTHONOPTIMIZE"
        )


def refuse_elsewhere(arguments: Sequence[str]) -> None:
    """Raise `ConfigError` in a folder without features, unless `arguments` say where they are."""
    named = (re.sub(r":\d+$", "", word) for word in arguments)  # a scenario is named by its line
    if not Path("features").is_dir() and not any(Path(name).exists() for name in named):
        raise ConfigError(
            "there are no features in this folder: run it in the folder of Greenlight's own files;"
            " a dialect and an environment may be in any other (-D environment=path/to/it.toml)"
        )


def hooks_are_loaded_by(runner: object) -> None:
    """Note the runner that is about to load the hooks of the suite."""
    _loading.append(runner)


def demand_own_runner() -> None:
    """For `environment.py`: raise `ConfigError` where another runner than ours loads the hooks."""
    refuse_without_assertions()
    if not _loading:
        raise ConfigError(
            "this suite runs with its own runner, which decides and reports: leave out --runner,"
            " and `runner` in configuration files of behave"
        )


class Receipt:
    """Tells the process that supervises this run which folder is its own; nothing without one.

    `run_id` goes into the evidence, so that no other run's verdict can stand in for this one's.
    """

    def __init__(self, userdata: Mapping[str, str]) -> None:
        self._path = Path(userdata[RECEIPT_FLAG]) if userdata.get(RECEIPT_FLAG) else None
        self.run_id = self._path.name if self._path else ""

    def hand_over(self, folder: Path) -> None:
        """Write down the folder. Raises `ConfigError` when another run has done so already."""
        if self._path is None:
            return
        try:
            with self._path.open("x", encoding="utf-8") as file:
                file.write(os.fspath(folder.absolute()))
        except FileExistsError:
            raise ConfigError("this gate has had its run: start a new one") from None
        except OSError as error:
            raise ConfigError(f"cannot write {self._path}: {error.strerror}") from None
