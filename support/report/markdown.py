"""Foreign text in GitHub Markdown."""

from __future__ import annotations

import re

from support.report.formatting import mask

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|#~!@])")


def escaped(text: str) -> str:
    """The text on one line, without secrets; it cannot become markup, a mention or a link."""
    one_line = " ".join(mask(text).split())
    found = _SPECIAL.sub(r"\\\1", one_line)
    # GitHub turns a bare address into a link, and that of a deployment should not be one.
    return found.replace("://", ":\N{ZERO WIDTH SPACE}//")
