"""Many durations as one figure that can be merged, kept, and asked for percentiles.

HdrHistogram (Tene): every value within a fixed relative error, in bounded memory, and the
histograms of two runs, or of two machines, add up to exactly the histogram of both.
"""

from __future__ import annotations

from collections.abc import Iterable

from hdrh.histogram import HdrHistogram

LONGEST_MS = 3_600_000.0  # an hour; what is longer counts as an hour
_US = 1000  # microseconds in a millisecond


def least_samples(share: float) -> int:
    """How many samples a percentile needs before it is claimed: about 10 / (1 - share)."""
    return round(10 / (1 - share))


class Distribution:
    """Durations in ms. `digits` are significant decimal digits; `finest_ms` is told apart.

    Takes memory once, whatever is recorded: some 190 KB as it stands, 15 KB with two digits and
    `finest_ms` 0.1 up to a minute.
    """

    def __init__(
        self, digits: int = 3, *, finest_ms: float = 0.001, longest_ms: float = LONGEST_MS
    ) -> None:
        self._finest, self._longest = round(finest_ms * _US), round(longest_ms * _US)
        self._histogram = HdrHistogram(self._finest, self._longest, digits)
        self.total_ms = 0.0

    @classmethod
    def of(cls, values_ms: Iterable[float]) -> Distribution:
        """A distribution of these values."""
        made = cls()
        for value in values_ms:
            made.record(value)
        return made

    @property
    def count(self) -> int:
        """How many values were recorded."""
        return int(self._histogram.total_count)

    @property
    def average_ms(self) -> float | None:
        """The exact average; None without a value."""
        return self.total_ms / self.count if self.count else None

    @property
    def longest_ms(self) -> float | None:
        """The longest value, to the precision of the histogram; None without one."""
        return float(self._histogram.get_max_value()) / _US if self.count else None

    def record(self, value_ms: float) -> None:
        """Add a value. What is beyond the range counts as its nearest end, and is never lost."""
        value = min(max(value_ms * _US, self._finest), self._longest)
        self._histogram.record_value(round(value))
        self.total_ms += min(value_ms, LONGEST_MS)

    def merge(self, other: Distribution) -> None:
        """Add all values of `other`, whose range must not be the wider one (`IndexError`)."""
        self._histogram.add(other._histogram)
        self.total_ms += other.total_ms

    def at(self, share: float) -> float:
        """The value that this share of all values does not exceed, however few there are, in ms."""
        return float(self._histogram.get_value_at_percentile(share * 100)) / _US

    def percentile(self, share: float) -> float | None:
        """As `at`, or None where too few values were recorded to claim it."""
        return self.at(share) if self.count >= least_samples(share) else None

    def up_to(self, bounds_ms: Iterable[float]) -> list[int]:
        """For each bound, in rising order, how many values do not exceed it."""
        bounds = [bound * _US for bound in bounds_ms]
        counts = [0] * len(bounds)
        for item in self._histogram.get_recorded_iterator():
            for number, bound in enumerate(bounds):
                if item.value_iterated_to <= self._histogram.get_highest_equivalent_value(bound):
                    counts[number] += item.count_added_in_this_iter_step
        return counts

    def encode(self) -> str:
        """The histogram as text, compressed, in HdrHistogram's own interchange format (V2)."""
        return bytes(self._histogram.encode()).decode("ascii")

    @classmethod
    def decode(cls, text: str, total_ms: float) -> Distribution:
        """What `encode` gave; the exact total travels beside it. Raises what `hdrh` raises."""
        histogram = HdrHistogram.decode(text)
        made = cls.__new__(cls)
        made._histogram, made.total_ms = histogram, total_ms
        made._finest = int(histogram.lowest_trackable_value)
        made._longest = int(histogram.highest_trackable_value)
        return made
