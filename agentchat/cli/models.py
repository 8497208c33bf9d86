"""`agentchat models`: which models there are to be asked, what says so, what they cost, and which servers answer."""

from __future__ import annotations

from typing import Annotated

import typer


def models(
    act: Annotated[
        str | None, typer.Argument(metavar="pull", show_default=False, help="Fetch the small local model.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Fetch it without asking.")] = False,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON object instead.")] = False,
) -> None:
    """Show the tiers and their models, with prices and settings.

    The models of a tier stand in the order in which they are asked. Servers are asked for their models: those that your
    settings name, and no others. Prices are US dollars for a million tokens.
    """
    import json
    import sys

    from agentchat.cli.pull import pull
    from agentchat.errors import ConfigurationError

    if act is not None:
        if act != "pull":
            raise ConfigurationError(f"agentchat models, or agentchat models pull, and not {act!r}")
        pull(yes=yes)
        return
    from agentchat.cli.model_survey import survey
    from agentchat.cli.model_text import lines_of
    from agentchat.terminal.console import Plain

    found = survey()
    if json_:
        # ASCII alone: nothing in it can reach a terminal as anything but text
        sys.stdout.write(json.dumps(found.plain(), indent=2) + "\n")
        return
    console = Plain(sys.stdout)
    for line in lines_of(found):
        console.show(line)
