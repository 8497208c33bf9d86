"""Why a connection could not be made, in the words of whoever found out first. Pure; opens nothing."""

from __future__ import annotations

import os
import ssl


def cause_of(error: BaseException) -> str:
    """The system's own word for what went wrong, from the bottom of the chain; else the name of the error."""
    name = type(error).__name__
    below: BaseException | None = error
    while below is not None:
        if isinstance(below, ssl.SSLError):
            name = str(below)  # its errno is a number of OpenSSL's, not the system's
        elif isinstance(below, OSError) and below.errno is not None:
            # asyncio puts a text of its own in the place of the system's; a name that is not found has no errno
            name = os.strerror(below.errno) if below.errno > 0 else below.strerror or name
        below = below.exceptions[0] if isinstance(below, BaseExceptionGroup) else below.__cause__ or below.__context__
    return name
