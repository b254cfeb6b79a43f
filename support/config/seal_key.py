"""The key by which a manifest is signed. It is no setting: no file holds it, nothing shows it."""

from __future__ import annotations

import os

from support.config.errors import DeploymentError

SEAL_KEY = "GREENLIGHT_SEAL_KEY"
LEAST_CHARACTERS = 16


def seal_key() -> str | None:
    """The key that the process environment holds; None: evidence is not signed.

    Raises `DeploymentError` for one that is empty or too short, as an unset CI secret is.
    """
    key = os.environ.get(SEAL_KEY)
    if key is not None and len(key.strip()) < LEAST_CHARACTERS:
        raise DeploymentError(
            f"{SEAL_KEY} has {len(key.strip())} characters; a key needs {LEAST_CHARACTERS} at least"
            " (unset it to leave the evidence unsigned)"
        )
    return key
