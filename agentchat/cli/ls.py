"""`agentchat ls`: the conversations of a store."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from agentchat.cli.options import StorePath

SHOWN = 20
"""Conversations that are listed where nothing else is said."""


def ls(
    text: Annotated[
        str | None, typer.Argument(metavar="TEXT", help="Only with this in their id, first words or agents.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, metavar="N", help="How many, at most.")] = SHOWN,
    every: Annotated[bool, typer.Option("--all", "-a", help="All of them.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
    store: StorePath = None,
) -> None:
    """List conversations, the newest first.

    Branches stand below the one that they branch off from. Turns and cost of a branch are its own. A sum that starts
    with ≥ is a lower bound. In a pipe each conversation is one line with tabs: id, time, state, agents, turns, events,
    cost, origin, first words.
    """
    import json
    import sys
    import time

    import anyio

    from agentchat.catalogue.listing import Listing, listing
    from agentchat.cli.listed import data, shown, tabbed
    from agentchat.settings import default_store
    from agentchat.stores.opening import open_store
    from agentchat.terminal.console import Plain
    from agentchat.terminal.sanitize import sanitize

    path = store or default_store()

    async def look() -> Listing:
        opened = open_store(path)
        try:
            return await listing(opened, text=text, limit=None if every else limit)
        finally:
            await opened.aclose()

    found = anyio.run(look)
    console = Plain(sys.stdout)
    for row in found.rows:
        if as_json:
            typer.echo(json.dumps(data(row), ensure_ascii=console.is_terminal))  # escaped, it is harmless there
        elif console.is_terminal:
            for line in shown(row, time.time(), console.width):
                console.row(line)
        else:
            typer.echo(tabbed(row))
    option = "" if store is None else f" --store {shlex.quote(str(store))}"
    told = _told(len(found.rows), found.total, text, path, option)
    if told and (console.is_terminal or not found.rows):
        Plain(sys.stderr).show(sanitize(told))


def _told(listed: int, total: int, text: str | None, where: Path, option: str) -> str:
    """What is left out, or why there is nothing; `option` names the store in a further command."""
    if listed:
        return (
            "" if listed == total else f"{listed} of {total:,} conversations; all of them: agentchat ls --all{option}"
        )
    if text is not None:
        return f"none in {where} with {text!r} in its id, first words or agents; agentchat grep looks further"
    return f"there is no conversation in {where} yet; begin one with agentchat run{option} or agentchat chat{option}"
