"""Id enumeration: ids made up in the form of a real one, and the neighbours of a real one."""

from __future__ import annotations

import re
import secrets
import string

TAIL = 12  # characters at the end that are made up anew; the start may be structure
FEW = 8  # letters and digits that are made up anew: with fewer, it may be a real id by chance
_COUNTER = re.compile(r"(?:^|[^0-9A-Za-z])([0-9]{1,11})$")
_NUMBER = re.compile(r"[0-9]+$|[0-9a-f]+$|[0-9A-F]+$")
_ALPHABETS = (string.digits, string.hexdigits[:16], string.digits + "ABCDEF")
STEPS = (-2, -1, 1, 2)


def made_up(like: str) -> str:
    """Another id of the same length and alphabet as `like`, which was most likely never issued.

    A counter is set far ahead of where it is. Elsewhere the letters that may stand in the end are
    taken from those that do, so that it is an id of this kind wherever ids are checked for form.
    """
    counter = _COUNTER.search(like)
    if counter:
        digits = "9" + "".join(secrets.choice(string.digits) for _ in counter[1][1:])
        return like[: counter.start(1)] + (digits if digits != counter[1] else f"{digits}9")
    head, tail = like[:-TAIL], like[-TAIL:]
    if len(like) <= TAIL:
        head, tail = like[: len(like) // 3], like[len(like) // 3 :]
    letters = "".join(c for c in tail if c.isalnum())
    alphabet = next((a for a in _ALPHABETS if set(letters) <= set(a)), letters)
    while (other := "".join(secrets.choice(alphabet) if c.isalnum() else c for c in tail)) == tail:
        alphabet = alphabet if len(set(alphabet)) > 1 else string.ascii_lowercase
    return head + other


def is_guessable(given: str) -> bool:
    """True for an id so short, or so plainly a number, that one made up like it may be real."""
    return _COUNTER.search(given) is not None or sum(c.isalnum() for c in given[-TAIL:]) < FEW


def neighbours(of: str) -> list[str]:
    """The ids one and two before and after `of`, by the number, decimal or hex, that ends it.

    Empty where an id ends in no number.
    """
    number = _NUMBER.search(of)
    if number is None:
        return []
    digits = number.group()
    base, upper = (10 if digits.isdecimal() else 16), digits.isupper()
    found = []
    for step in STEPS:
        value = int(digits, base) + step
        if value >= 0:
            made = f"{value:0{len(digits)}d}" if base == 10 else f"{value:0{len(digits)}x}"
            found.append(of[: number.start()] + (made.upper() if upper else made))
    return found
