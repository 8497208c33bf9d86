"""Whether what is to be kept for others to read holds a secret of this machine."""

from __future__ import annotations

import os
import re
from typing import Final

_SECRET: Final = re.compile(r"(^|_)(API_?KEY|KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIALS)$", re.IGNORECASE)
SHORTEST: Final = 8
"""Characters: what is shorter is found in any text."""


def secret_in(data: bytes) -> str | None:
    """The environment variable whose value stands in the data, where its name is that of a secret; else None."""
    for name, value in os.environ.items():
        if _SECRET.search(name) and len(value) >= SHORTEST and value.encode(errors="surrogateescape") in data:
            return name
    return None
