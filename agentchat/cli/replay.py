"""`agentchat replay`: a conversation played again as it looked live, or decided again and compared."""

from __future__ import annotations

import math
from typing import Annotated

import typer

from agentchat.cli.options import StorePath, Trust
from agentchat.cli.show import Source


def replay(
    source: Source,
    speed: Annotated[
        float, typer.Option(min=0, metavar="X", help="So many times as fast as it was; 0: all at once.")
    ] = 1.0,
    step: Annotated[bool, typer.Option("--step", help="Step by step, forward and back, with keys.")] = False,
    until: Annotated[int | None, typer.Option(metavar="SEQ", help="Stop behind this event.")] = None,
    only: Annotated[str | None, typer.Option(metavar="AGENT", help="Only what this agent says and does.")] = None,
    check: Annotated[bool, typer.Option("--check", help="Go through all of it again, and compare.")] = False,
    team: Annotated[
        list[str] | None,
        typer.Option("--team", metavar="TEAM|PERSONA", help="With --check: compare it with this team as it is today."),
    ] = None,
    agents: Annotated[bool, typer.Option("--agents", help="With --check: run functions of your own as well.")] = False,
    trust: Trust = False,
    json: Annotated[bool, typer.Option("--json", help="With --check: print one JSON object.")] = False,
    everything: Annotated[bool, typer.Option("--all", help="With --check: print comparisons whole.")] = False,
    store: StorePath = None,
) -> None:
    """Play a conversation again as it looked live. No model, no program and no code of yours is run.

    Gaps of more than two seconds are cut to two. Without a terminal it is printed at once. While it plays, space stops
    it and lets it go on, q ends it. With --step: space and enter go on, b and the left arrow back, a number and enter
    to that event, q quits, ? tells the rest.

    With --check it is gone through again and compared: every decision, admission and prompt is made anew, and every
    agent acts again on what its calls came back with then; nothing is called. The first difference is shown and the
    exit code is 1. --team (a team file, or personas one by one) is compared with what was agreed on. Functions of a
    program's own act again with --agents --trust only, for they may act on the world outside their turn.
    """
    import sys

    from agentchat.cli import replay_check
    from agentchat.cli.exits import FAILED
    from agentchat.cli.places import find
    from agentchat.cli.sides import check_event
    from agentchat.errors import ConfigurationError
    from agentchat.policy.spending.usage import usage_of
    from agentchat.terminal.console import Plain
    from agentchat.terminal.playback_screen import step_through, watch
    from agentchat.terminal.playback_who import check_name
    from agentchat.terminal.usage_text import usage_line

    if check:
        if step or until is not None or only is not None or speed != 1:
            raise ConfigurationError("--check goes through all of it and plays nothing; give it alone")
        if not replay_check.check(source, store, replay_check.Checking(team or (), agents, trust, json, everything)):
            raise typer.Exit(FAILED)
        return
    if team or agents or trust or json or everything:
        raise ConfigurationError("--team, --agents, --trust, --json and --all say how to check; add --check")
    place, record = find(source, store)
    if until is not None:
        check_event(place, record, until)
    if only is not None:
        check_name(record, only)
    if math.isnan(speed):
        raise ConfigurationError("--speed is a number, 1 for as fast as it was")
    console = Plain(sys.stdout)
    keyboard = sys.stdin if console.is_terminal and sys.stdin.isatty() else None
    if step and keyboard is not None:
        step_through(console, keyboard, record, only=only, until=until)
        return
    pace = speed if console.is_terminal and not step else 0
    ended = watch(console, keyboard, record, speed=pace, only=only, until=until)
    if ended and until is None and only is None:
        console.show(f"{usage_line(usage_of(record))}.")
