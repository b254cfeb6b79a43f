"""The fixture that the tests of reconnecting share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from reconnect_bench import Bench


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    made = Bench(tmp_path_factory.mktemp("reconnect"))
    yield made
    made.close()
