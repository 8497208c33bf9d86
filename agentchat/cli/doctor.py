"""`agentchat doctor`: what works on this machine, and the one line that puts right what does not."""

from __future__ import annotations

import typer


def doctor() -> None:
    """Look what works here: sandboxes, model, store. The exit code is 0 when the demo could run."""
    import platform
    import sys

    import agentchat
    from agentchat.cli.checks import key_line, model_lines, sandbox_lines, store_line
    from agentchat.cli.exits import FAILED
    from agentchat.settings import default_store
    from agentchat.terminal.console import Plain
    from agentchat.terminal.sanitize import sanitize

    console = Plain(sys.stdout)
    sandboxes, sandboxed = sandbox_lines()
    store, writable = store_line(default_store())
    for line in (
        ("agentchat", f"{agentchat.__version__}, Python {platform.python_version()} ({sys.executable})"),
        *sandboxes,
        key_line(),
        *model_lines(),
        store,
    ):
        console.show(sanitize(f"{line[0]:<12} {line[1]}"))
    fine = sandboxed and writable
    console.show("\nThe demo can run: agentchat demo" if fine else "\nThe demo cannot run: see above.")
    raise typer.Exit(0 if fine else FAILED)
