"""Which sandbox a name stands for. What is asked for is given or refused: there is no fallback to the host, ever."""

from __future__ import annotations

import difflib
from collections.abc import Callable

from agentchat.errors import ConfigurationError, SandboxUnavailable
from agentchat.sandboxes import monty
from agentchat.sandboxes.bubblewrap import BubblewrapSandbox
from agentchat.sandboxes.host import HostSandbox
from agentchat.sandboxes.monty import MontySandbox
from agentchat.seams import Sandbox, lacking

AUTO = "auto"

SANDBOXES: dict[str, Callable[[], Sandbox]] = {
    "bubblewrap": BubblewrapSandbox,
    "monty": MontySandbox,
    "unsafe-host": HostSandbox,
}
"""Every sandbox by its name."""


def check_name(spec: str) -> None:
    """Raise ConfigurationError, with the nearest known name, when no sandbox is called that."""
    known = [AUTO, *SANDBOXES]
    if spec not in known:
        near = difflib.get_close_matches(spec, known, n=1)
        guess = f"; did you mean {near[0]!r}?" if near else "."
        raise ConfigurationError(f"there is no sandbox {spec!r}{guess} There are {', '.join(map(repr, known))}")


async def choose(spec: str | Sandbox) -> Sandbox:
    """The sandbox for a name, or the object itself, after its probe.

    "auto" is bubblewrap where it passes its probe, else Monty where it is installed. Raises ConfigurationError for an
    unknown name or what is no sandbox, SandboxUnavailable when the probe fails.
    """
    if isinstance(spec, str):
        check_name(spec)
        if spec == AUTO:
            return await _first(BubblewrapSandbox(), MontySandbox())
    sandbox = SANDBOXES[spec]() if isinstance(spec, str) else spec
    if missing := lacking(sandbox, Sandbox):
        raise ConfigurationError(f"{sandbox!r} is no sandbox: {missing}")
    if (reason := await sandbox.probe()) is not None:
        raise SandboxUnavailable(f"the sandbox {sandbox.name!r} does not work here: {reason}")
    return sandbox


async def _first(*sandboxes: Sandbox) -> Sandbox:
    reasons = []
    for sandbox in sandboxes:
        reason = await sandbox.probe()
        if reason is None:
            return sandbox
        reasons.append(f"{sandbox.name}: {reason}")
    raise SandboxUnavailable(
        "no sandbox works here, and code is never run without one. Install one of them: "
        f"apt-get install bubblewrap, or {monty.INSTALL}. ({'; '.join(reasons)})"
    )
