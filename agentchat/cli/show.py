"""`agentchat show`: a conversation read again."""

from __future__ import annotations

from typing import Annotated

import typer

from agentchat.cli.options import StorePath

Source = Annotated[str, typer.Argument(metavar="FILE|ID", help="A transcript file, or an id (or how it begins).")]


def show(
    source: Source,
    events: Annotated[
        bool, typer.Option("--events", help="Every event on a line: place, cause, seconds, kind.")
    ] = False,
    store: StorePath = None,
) -> None:
    """Show a conversation: what was said and done, and how it ended."""
    import sys

    from agentchat.cli.places import find
    from agentchat.policy.asked import asked_in
    from agentchat.policy.spending.usage import usage_of
    from agentchat.policy.state import state_of
    from agentchat.terminal.console import Plain
    from agentchat.terminal.event_line import event_line
    from agentchat.terminal.highlight import verbatim
    from agentchat.terminal.sanitize import sanitize
    from agentchat.terminal.usage_text import usage_line
    from agentchat.terminal.view import call_line, view

    place, transcript = find(source, store)
    console = Plain(sys.stdout)
    if events:
        for entry in transcript:
            console.row(event_line(entry, transcript))
        return
    for entry in transcript:
        line = call_line(entry, transcript)
        if line is not None:
            console.row(line)
        shown = view(entry, transcript)
        if shown is not None:
            console.show(shown)
            console.raw("\n")
    usage = usage_line(usage_of(transcript))
    console.show(f"{usage}.")
    waiting = asked_in(transcript).open
    if state_of(transcript).board.live and waiting:
        for paused in waiting.values():
            told = f"Waits for {paused.to} to answer. Do so with: agentchat answer {place.words} {paused.pause} VALUE"
            console.show(verbatim(sanitize(told)))
    elif state_of(transcript).board.live:
        told = f"Not ended. Unless a process is at it, go on with: agentchat resume {place.words}"
        console.show(verbatim(sanitize(told)))
