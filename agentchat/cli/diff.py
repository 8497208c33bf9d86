"""`agentchat diff`: two conversations compared, or two branches of one."""

from __future__ import annotations

from typing import Annotated

import typer

from agentchat.cli.options import StorePath

_HELP = "A transcript file or an id (or how it begins); with @SEQ behind it, as it was at that event."


def diff(
    a: Annotated[str, typer.Argument(metavar="A", help=_HELP, show_default=False)],
    b: Annotated[str, typer.Argument(metavar="B", help="The same of the other.", show_default=False)],
    everything: Annotated[bool, typer.Option("--all", help="Leave nothing out, however long.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object, with everything in it.")] = False,
    store: StorePath = None,
) -> None:
    """Compare two conversations, or two branches of one.

    Where they part comes first, then turn by turn, then numbers. Turns are laid side by side by who spoke and what was
    said. Times are shown, and are no difference. Exit codes: 0 nothing differs, 1 something does, 2 usage.
    """
    import sys

    from agentchat.cli.exits import FAILED
    from agentchat.cli.sides import transcript_at
    from agentchat.debug.diff import diff as compare
    from agentchat.terminal.console import Plain
    from agentchat.terminal.diff_text import diff_lines
    from agentchat.terminal.diff_words import Look

    found = compare(transcript_at(a, store), transcript_at(b, store))
    if json:
        typer.echo(found.model_dump_json())
    else:
        console = Plain(sys.stdout)
        look = Look(everything, marks=console.no_color or console.color_system is None)
        for line in diff_lines(found, (a, b), look):
            console.show(line)
    if not found.same:
        raise typer.Exit(FAILED)
