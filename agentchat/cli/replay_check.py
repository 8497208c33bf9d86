"""`agentchat replay --check`: a conversation gone through once more, on its record alone, and compared with it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple


class Checking(NamedTuple):
    """What is asked for.

    team: what is held against the record, as words of `agentchat run`. agents, trust: as of `rechecking.replay`. json:
    print data. everything: print comparisons whole.
    """

    team: Sequence[str] = ()
    agents: bool = False
    trust: bool = False
    json: bool = False
    everything: bool = False


def check(source: str, store: Path | None, asked: Checking) -> bool:
    """Check a conversation and print what was found. Whether nothing differs."""
    import sys

    import typer

    from agentchat.cli.places import find
    from agentchat.cli.teaming import chosen_team
    from agentchat.policy.charter import charter_of
    from agentchat.rechecking import replay
    from agentchat.rechecking.reading import MOST
    from agentchat.rechecking.recorded_models import models_of
    from agentchat.terminal.console import Plain
    from agentchat.terminal.difference_text import check_json, check_lines

    place, transcript = find(source, store)
    team, bounds = None, True
    if asked.team:
        # nothing is run here, so that a sandbox which is none does no harm
        chosen = chosen_team(asked.team, models_of(charter_of(transcript)), trust=asked.trust, unsafe_host=True)
        # personas without a team file say nothing of rules and budget
        team, bounds = chosen.conversation(), chosen.source is not None
    replayed = replay(transcript, team=team, agents=asked.agents, trust=asked.trust, bounds=bounds)
    if asked.json:
        typer.echo(check_json(str(place), replayed))
    else:
        console = Plain(sys.stdout)
        for line in check_lines(str(place), replayed, most=None if asked.everything else MOST):
            console.show(line)
    return replayed.equal
