"""How steeply one figure rises with another, and how sure that is.

A straight line by least squares, with a two-sided 99 % confidence interval for its slope
(Student's t with n - 2 degrees of freedom).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, linear_regression

#: Student's t for a two-sided 99 % interval, by degrees of freedom; beyond them the last is used,
#: which is on the safe side.
T_99 = {
    1: 63.657,
    2: 9.925,
    3: 5.841,
    4: 4.604,
    5: 4.032,
    6: 3.707,
    7: 3.499,
    8: 3.355,
    9: 3.250,
    10: 3.169,
    12: 3.055,
    15: 2.947,
    20: 2.845,
    30: 2.750,
}


@dataclass(frozen=True)
class Slope:
    """By how much y rises with each unit of x; `error` either way with 99 % confidence.

    `intercept` is y at x = 0.
    """

    value: float
    error: float
    intercept: float

    @property
    def least(self) -> float:
        """What it surely is at least."""
        return self.value - self.error

    @property
    def most(self) -> float:
        """What it surely is at most."""
        return self.value + self.error


def slope_of(points: Sequence[tuple[float, float]]) -> Slope | None:
    """The slope through the points (x, y); None for fewer than three, or all at one x."""
    if len(points) < 3 or len({x for x, _ in points}) < 2:
        return None
    xs, ys = [x for x, _ in points], [y for _, y in points]
    slope, intercept = linear_regression(xs, ys)
    middle, free = fmean(xs), len(points) - 2
    left = sum((y - intercept - slope * x) ** 2 for x, y in points)
    width = sum((x - middle) ** 2 for x in xs)
    t = T_99[max(known for known in T_99 if known <= free)]
    return Slope(slope, t * (left / free / width) ** 0.5, intercept)
