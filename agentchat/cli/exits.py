"""Exit codes: 0 done, 1 failed or stopped, 2 usage or configuration, 3 a limit was reached, 130 interrupted."""

from __future__ import annotations

from typing import Final

from agentchat.errors import (
    AgentChatError,
    AgreementChanged,
    CallUnsettled,
    ConfigurationError,
    ConversationClosed,
    LeaseLost,
    StoreError,
    TranscriptError,
)

FAILED: Final = 1
USAGE: Final = 2
INTERRUPTED: Final = 130

LIMIT: Final = 3

OUTCOMES: Final = {
    "done": 0,
    "failed": FAILED,
    "stopped": FAILED,
    "limit": LIMIT,
    "paused": LIMIT,
    "interrupted": INTERRUPTED,
}
"""By the kind of a run's outcome. One that waits for a person has come to a limit too: it goes on when it is resumed
where somebody can answer."""

_USAGE: Final = (
    ConfigurationError,
    TranscriptError,
    StoreError,
    AgreementChanged,
    CallUnsettled,
    ConversationClosed,
)


def exit_code(error: AgentChatError) -> int:
    """Of a command that could not do what it was asked for."""
    if isinstance(error, LeaseLost):  # the run was going on
        return FAILED
    return USAGE if isinstance(error, _USAGE) else FAILED
