"""`agentchat grep`: text looked for in conversations."""

from __future__ import annotations

from typing import Annotated

import typer

from agentchat.cli.options import StorePath


def grep(
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What to look for.")],
    sources: Annotated[
        list[str] | None, typer.Argument(metavar="FILE|ID", help="Where to look, instead of the whole store.")
    ] = None,
    ignore_case: Annotated[bool, typer.Option("-i", "--ignore-case", help="Letters large or small.")] = False,
    regex: Annotated[bool, typer.Option("--regex", "-E", help="TEXT is a regular expression of Python's.")] = False,
    agent: Annotated[
        str | None, typer.Option("--agent", metavar="NAME", help="Only what this agent or person said and did.")
    ] = None,
    kind: Annotated[
        list[str] | None,
        typer.Option(
            "--kind",
            metavar="KIND",
            help="said, code, result, call, reply, refused, question, answer, error, reason, persona; may be repeated.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object for each line with a match.")] = False,
    store: StorePath = None,
) -> None:
    """Look for text in conversations, line by line.

    It looks through messages, tool calls, results, refusals, questions and errors. Code, raw replies and personas
    mostly repeat what stands elsewhere: they are looked through with --kind. What a branch has from its parent is found
    in the parent. The exit code is 0 where something was found, 1 where nothing was, 2 where something could not be
    read.
    """
    import sys

    from agentchat.catalogue.searching import query
    from agentchat.cli.found import Printer
    from agentchat.cli.searching import in_sources, in_store, kinds_of

    wanted = query(text, ignore_case=ignore_case, regex=regex, kinds=kinds_of(kind or []), agent=agent)
    printer = Printer(sys.stdout, as_json=as_json)
    for found in in_sources(sources, store, wanted) if sources else in_store(store, wanted):
        printer.show(*found)
    printer.close(text)
    raise typer.Exit(printer.code)
