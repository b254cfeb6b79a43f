"""The agent's tools. Each takes its arguments and returns text; a ToolError is its failure."""

from __future__ import annotations

import re
from fractions import Fraction

from support.reference.store import Store

CORPUS = {
    "Refunds": "Refunds are paid within 14 days to the original payment method.",
    "Shipping": "Orders leave the warehouse within 24 hours; shipping takes three to five days.",
    "Opening hours": "Support is open Monday to Friday, from 8 to 18 o'clock.",
    "Passwords": "A forgotten password is reset from the sign-in page.",
    "Invoices": "Invoices are sent by e-mail on the first day of each month.",
    "Warranty": "Every device comes with a warranty of two years.",
    "Privacy": "Conversations are visible to their user only and are never shared.",
    "Returns": "Returns are free of charge within 30 days of delivery.",
}
NUMBER = r"\d{1,15}(?:\.\d{1,9})?"
# Spaces are required so that dates and identifiers are not taken for arithmetic.
ARITHMETIC = re.compile(rf"(?<![\w.]){NUMBER}(?: +[-+*/×] +{NUMBER}){{1,20}}(?![\w])")


class ToolError(Exception):
    """A tool cannot do what it was asked; the text may be shown to the user."""


def calculate(expression: str) -> str:
    """Return the value of a sum such as ``2 + 3 * 4``, multiplication before addition."""
    parts = expression.split()
    value, sign, term = Fraction(0), 1, Fraction(parts[0])
    for operator, text in zip(parts[1::2], parts[2::2], strict=True):
        number = Fraction(text)
        if operator in "*×":
            term *= number
        elif operator == "/":
            if number == 0:
                raise ToolError("division by zero")
            term /= number
        else:
            value, sign, term = value + sign * term, 1 if operator == "+" else -1, number
    value += sign * term
    if value.denominator == 1:
        return str(value.numerator)
    try:
        return f"{float(value):.12g}"
    except OverflowError:
        raise ToolError("the result is too large") from None


def search(query: str) -> str:
    """Return the passage of the corpus that shares most words with ``query``."""
    wanted = words(query)

    def shared(title: str) -> int:
        return len(words(f"{title} {CORPUS[title]}") & wanted)

    best = max(CORPUS, key=shared)
    return f"{best}: {CORPUS[best]}" if shared(best) else "Nothing was found."


def words(text: str) -> set[str]:
    """Return the longer words of ``text``, in small letters and without a plural's s."""
    return {word.rstrip("s") for word in re.findall(r"[a-z]{4,}", text.lower())}


class Toolbox:
    """Runs tools by name for one user at a time; the notebook is private to its user."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def use(self, user_id: str, tool: str, call_id: str, arguments: dict[str, str]) -> str:
        """Return the result of a tool call; raise ToolError when the tool cannot do it."""
        if tool == "calculator":
            return calculate(arguments["expression"])
        if tool == "knowledge_search":
            return search(arguments["query"])
        if arguments["action"] == "remember":
            self.store.add_note(user_id, call_id, arguments["note"])
            return "Noted."
        return "; ".join(self.store.notes(user_id)) or "Nothing was noted yet."
