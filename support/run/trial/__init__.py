"""`greenlight dialect …`: a dialect file tried on a backend, or on frames that were recorded."""

from pathlib import Path

#: What a new dialect file starts from.
START = Path(__file__).parent / "start.toml"
