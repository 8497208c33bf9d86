"""`agentchat export` and `agentchat import`: conversations in the formats of others, and theirs as conversations.

stdout is what was asked for, stderr what is lost on the way. A file is written whole or not at all.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from agentchat.cli.options import StorePath
from agentchat.cli.show import Source


def export(
    source: Source,
    format: Annotated[
        str | None,
        typer.Option(
            "--format",
            "-f",
            metavar="NAME",
            help="markdown, openai, otel, atif, mermaid, mermaid-graph or jsonl. "
            "Without it, what the name of the file says; markdown on standard output.",
        ),
    ] = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Write it to this file.")] = None,
    agent: Annotated[str | None, typer.Option(metavar="NAME", help="This agent's view alone (openai, atif).")] = None,
    content: Annotated[
        bool, typer.Option("--content/--no-content", help="With otel: what was said, asked and answered as well.")
    ] = False,
    store: StorePath = None,
) -> None:
    """Write a conversation in another format.

    \b
    markdown        a document to read: turns, programs, refusals, the ending, what was used
    openai          OpenAI chat JSONL: a line for each agent, as its model was shown the conversation
    otel            OpenTelemetry GenAI spans, one line of OTLP JSON
    atif            a trajectory in the Agent Trajectory Interchange Format
    mermaid         the path taken, as a sequence diagram
    mermaid-graph   the declared routing, as a flowchart
    jsonl           the transcript itself: nothing is lost

    What is lost in a format is told on standard error, a line each. Exit codes: 0 done, 2 usage.
    """
    import agentchat
    from agentchat.cli.exchanging import check_target, tell_lost, write_out
    from agentchat.cli.places import find
    from agentchat.exchange.formats import export as write
    from agentchat.exchange.formats import format_of

    place, transcript = find(source, store)
    check_target(output, place.file)
    chosen = format or ("markdown" if output is None else format_of(output.name))
    made = write(transcript, chosen, agent=agent, content=content, version=agentchat.__version__)
    write_out(output, made.text)
    tell_lost(made.losses)


def import_(
    file: Annotated[str, typer.Argument(metavar="FILE", help='The message list; "-" reads standard input.')],
    save: Annotated[
        Path | None, typer.Option(metavar="OUT.jsonl", help="Keep it in this file, not in the store.")
    ] = None,
    line: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Of a file with several, the N-th conversation alone.")
    ] = None,
    model: Annotated[
        str | None, typer.Option("--model", "-m", help="Who answers where it goes on: NAME, a tier, or NAME@URL.")
    ] = None,
    id: Annotated[str | None, typer.Option("--id", help="What to call the conversation.")] = None,
    store: StorePath = None,
) -> None:
    """Make a conversation of an OpenAI message list.

    Of a JSONL file with one on each line, several are made. It can then be shown, searched, checked, forked and, where
    a model is known, gone on with. What cannot be kept is told on standard error. Prints where each conversation lies.
    Exit codes: 0 done, 2 usage, or no message list.
    """
    import anyio

    from agentchat.cli.exchanging import import_file, keep, tell_lost
    from agentchat.cli.places import new_place

    for transcript, lost in import_file(file, line=line, model=model, id=id, one=save is not None or id is not None):
        place = new_place(transcript.conversation, save=save, store=store)
        anyio.run(keep, place, transcript)
        typer.echo(place.words)
        tell_lost(lost)
        typer.echo(f"agentchat: look at it with: agentchat show {place.words}", err=True)
