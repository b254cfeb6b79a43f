"""What only the end of a run knows of single scenarios, written into their Allure results."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import msgspec

TRANSCRIPT = "What happened, line by line"
#: What the story says after the transcript.
FOUND = "\nWhat was found"


def mark_results(
    results_dir: Path, transcripts: Mapping[str, str], flaky: Collection[str] = ()
) -> None:
    """Put in the `transcripts` of scenarios, by id, and call those with `flaky` ids flaky.

    Raises `OSError` when the folder cannot be written, `ValueError` for a result that is none.
    """
    for path in sorted(results_dir.glob("*-result.json")):
        content = path.read_bytes()
        result: dict[str, Any] = msgspec.json.decode(content)
        scenario = str(result.get("historyId"))
        if scenario in transcripts:
            _replace_transcript(results_dir, result, transcripts[scenario])
        if scenario in flaky:
            result["statusDetails"] = {**(result.get("statusDetails") or {}), "flaky": True}
            path.write_bytes(msgspec.json.encode(result))


def _replace_transcript(results_dir: Path, result: dict[str, Any], transcript: str) -> None:
    for attached in result.get("attachments", ()):
        if attached.get("name") == TRANSCRIPT:
            path = results_dir / Path(str(attached["source"])).name
            _, found, rest = path.read_text("utf-8").partition(FOUND)
            path.write_text(transcript + found + rest, "utf-8")
