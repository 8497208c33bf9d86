"""Any text as part of a Mermaid diagram, so that none can end its line, open a block or draw anything.

Everything but letters, digits, spaces and a few signs that mean nothing anywhere becomes an entity code (`#NN;`), which
Mermaid takes out of the source before it parses it. Names never stand in the source themselves: nodes are `n0`, `n1`.
"""

from __future__ import annotations

import re
from typing import Final

LONGEST: Final = 80
"""Characters of a label: a diagram shows who spoke to whom, and only hints at what was said."""
LARGEST: Final = 50_000
"""Characters of a diagram that Mermaid draws by itself (`maxTextSize`, which a diagram cannot raise)."""
_SAFE: Final = frozenset(" .,?!'")
_MARKS: Final = frozenset("\ufb02\u00b6")
"""What Mermaid itself puts around entity codes while it parses: a text could write them out."""
_DIRECTION: Final = re.compile(r"(direction) ", re.IGNORECASE)
"""A flowchart takes a whole line for a statement where these words stand anywhere in it: `direction LR`."""
_HIDDEN: Final = re.compile(
    "[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\U000e0000-\U000e007f]"
)
"""Controls, line ends and marks that turn the direction of what follows: they would garble a label."""


def label(text: str, longest: int = LONGEST) -> str:
    """The text on one line, cut where it is long, with everything coded that could have a meaning; never empty."""
    words = " ".join(_HIDDEN.sub(" ", text).split()) or "…"
    words = words if len(words) <= longest else f"{words[: longest - 1]}…"
    coded = "".join(one if _means_nothing(one) else f"#{ord(one)};" for one in words)
    return _DIRECTION.sub(r"\1#32;", coded)


def _means_nothing(one: str) -> bool:
    return one in _SAFE or (one not in _MARKS and (one.isalnum() or ord(one) > 0x7F))


def size_of(diagram: str) -> tuple[str, ...]:
    """What to say of a diagram that is too long to be drawn by itself."""
    if len(diagram) <= LARGEST:
        return ()
    return (f"its drawing in most viewers: it has {len(diagram):,} characters, and Mermaid draws up to {LARGEST:,}",)
