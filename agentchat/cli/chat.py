"""`agentchat chat`: a conversation with one persona or a team, in a terminal that stays calm."""

from __future__ import annotations

import os
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from typer.core import TyperCommand

from agentchat.cli.options import Calls, MaxTurns, Seconds, Tokens, Trust, UnsafeHost, Usd
from agentchat.terminal.chat.ahead import keys_ahead

LINES_ONLY: Final = ("", "dumb", "unknown")
"""Terminals, by TERM, that can do no more."""


class ChatCommand(TyperCommand):
    """The command whose `--resume` may stand without a value: then there is a list to choose from."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the command line."""
        read = list(args)
        for place, word in enumerate(args):
            if word == "--resume" and (place + 1 == len(args) or args[place + 1].startswith("-")):
                read[place] = "--resume="
        return super().parse_args(ctx, read)

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """The line behind `Usage:`."""
        return ["[OPTIONS]", "[PERSONA ... | TEAM]"]


def chat(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="PERSONA|TEAM", show_default=False, help="Who is to take part; without any, the assistant."
        ),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option("--model", "-m", help="One for everybody: NAME, a tier, NAME@URL of a server, or local."),
    ] = None,
    last: Annotated[bool, typer.Option("-c", "--continue", help="Go on with the latest conversation.")] = False,
    resume: Annotated[
        str | None, typer.Option("--resume", metavar="[ID|FILE]", help="Go on with this one, or choose from a list.")
    ] = None,
    max_turns: MaxTurns = None,
    calls: Calls = None,
    tokens: Tokens = None,
    usd: Usd = None,
    seconds: Seconds = None,
    save: Annotated[Path | None, typer.Option(help="Keep the transcript in this file, not in the store.")] = None,
    id: Annotated[str | None, typer.Option("--id", help="What to call the conversation.")] = None,
    plain: Annotated[
        bool, typer.Option("--plain", help="Lines only: for screen readers, pipes and terminals that can do no more.")
    ] = False,
    trust: Trust = False,
    unsafe_host: UnsafeHost = False,
    store: Annotated[Path | None, typer.Option(help="The store to use, instead of your own.")] = None,
) -> None:
    """Talk with a persona or a team. You are one of them: type, and everybody hears it.

    \b
    agentchat chat                                 (the assistant)
    agentchat chat coder runner critic
    agentchat chat supervised-coding               (a team that ships; or a file: ./team.toml)
    agentchat chat -c                              (go on with the latest; --resume to choose)

    @name speaks to one of them, @path lets a file go along, !command runs here, /help tells the rest. Everything is
    saved from the first message on.
    """
    lines = plain or os.environ.get("TERM", "") in LINES_ONLY
    with nullcontext() if lines else keys_ahead(sys.stdin.fileno(), sys.stdout.fileno()):
        from agentchat.cli.chatting import Wanted, hold
        from agentchat.teams import Bounds

        bounds = Bounds(max_turns, calls, tokens, usd, seconds)
        wanted = Wanted(tuple(words or ()), model, last, resume, bounds, save, id, lines, trust, unsafe_host, store)
        code = hold(wanted)
    raise typer.Exit(code)
