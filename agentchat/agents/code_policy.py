"""How an agent's use of a sandbox is written into its card."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from agentchat.errors import ConfigurationError
from agentchat.policy.charter import CodePolicy
from agentchat.sandboxes.choosing import check_name
from agentchat.seams import Limits, Sandbox, lacking

UNSAFE: Final = "unsafe-host"
"""The one sandbox that is none: programs run as the user, and may leave anything behind."""


def code_policy(sandbox: Sandbox | str, limits: Limits, senders: Sequence[str] | None = None) -> CodePolicy:
    """The policy of an agent that runs code. Only the sandboxes known to leave nothing behind count as isolated.

    Raises ConfigurationError, with the nearest known name, when no sandbox is called so.
    """
    if isinstance(sandbox, str):
        check_name(sandbox)
    elif missing := lacking(sandbox, Sandbox):
        raise ConfigurationError(f"{sandbox!r} is no sandbox: {missing}; give its name, as in sandbox='auto'")
    name = sandbox if isinstance(sandbox, str) else sandbox.name
    return CodePolicy(
        sandbox=name,
        isolated=name in ("auto", "bubblewrap", "monty"),
        senders=None if senders is None else tuple(senders),
        seconds=limits.seconds,
        memory=limits.memory,
        processes=limits.processes,
        output=limits.output,
        files=limits.files,
    )
