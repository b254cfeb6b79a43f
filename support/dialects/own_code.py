"""Classes of a dialect's own, in a file beside it."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

from support.config.errors import DeploymentError


def own_class(name: str, folder: Path, what: str, known: str) -> type[Any]:
    """The class `file.py:Class` in `folder`. Raises `DeploymentError` naming `what` is `known`."""
    file, _, wanted = name.partition(":")
    path = folder / file
    if not wanted or not path.is_file():
        raise DeploymentError(f"there is no {what} {name!r}: it is {known}, beside the dialect")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
        found: type[Any] = getattr(module, wanted)
    except Exception as error:  # it is not ours: whatever it raises, the file cannot be used
        raise DeploymentError(f"the {what} {name} cannot be used: {error}") from error
    return found
