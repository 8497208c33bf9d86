"""`agentchat personas`: who there is to be put into a team, and what their files say."""

from __future__ import annotations

from typing import Annotated

import typer


def personas(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME|FILE", help="Print this one's file instead: a persona or a team.")
    ] = None,
) -> None:
    """List the personas and teams that go by name.

    Your own, and those that ship. Your own lie in the folder `personas` beside your agentchat.toml, teams in `teams`
    there. Any other file is named by its path; files of Claude Code (.claude/agents/*.md) and .agent.md files are read
    as they are.
    """
    import sys

    from agentchat.cli.persona_text import lines_of, text_of
    from agentchat.terminal.console import Plain
    from agentchat.terminal.sanitize import sanitize

    if name is not None:
        text, told = text_of(name)
        sys.stdout.write(sanitize(text) if sys.stdout.isatty() else text)
        sys.stdout.flush()
        for line in told:
            typer.echo(sanitize(line), err=True)
        return
    console = Plain(sys.stdout)
    for line in lines_of():
        console.row(line)
