"""`agentchat demo`: a scripted coder, and a runner that really runs what the coder writes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def demo(
    save: Annotated[Path | None, typer.Option(help="Keep the transcript in this file, not in the store.")] = None,
    store: Annotated[Path | None, typer.Option(help="The store to use, instead of your own.")] = None,
) -> None:
    """Watch a coder and a code runner solve a task. No model and no key are needed.

    What the coder says is scripted; its programs really run, in a sandbox, and the first one fails.
    """
    import sys

    from agentchat.cli.driving import drive, printing
    from agentchat.cli.exits import OUTCOMES
    from agentchat.cli.places import new_place
    from agentchat.conversation import Conversation, new_id
    from agentchat.demo import TASK, UNTIL, DemoModel
    from agentchat.personas import shipped_personas
    from agentchat.teams import team_of
    from agentchat.terminal.console import Plain
    from agentchat.terminal.highlight import verbatim
    from agentchat.terminal.sanitize import sanitize
    from agentchat.terminal.usage_text import usage_line

    console = Plain(sys.stdout)
    place = new_place(new_id(), save=save, store=store)
    personas = shipped_personas()
    model = DemoModel(delay=0.5 if console.is_terminal else 0.0)
    team = team_of([personas["coder"], personas["runner"]], model=model)
    chat = Conversation(team, until=UNTIL, store=place.store)
    result = drive(lambda: chat.open(TASK, id=place.id), printing(console), place)
    usage = usage_line(result.usage)
    where = str(place.file) if place.file else f"{place.id} in {getattr(place.store, 'path', 'the store')}"
    console.show(f"{usage}. The model was a script; the programs really ran.")
    console.show(verbatim(sanitize(f"Transcript: {where}\n\nTry next:")))
    for command, what in (
        (f"agentchat show {place.words}", "read it again; --events shows every event"),
        (f"agentchat replay --check {place.words}", "decide all of it again and compare"),
        (f"agentchat resume {place.words}", "go on where a run stopped, also after Ctrl-C or kill -9"),
        ('agentchat run "your task"', "the same team with a real model"),
    ):
        console.show(verbatim(sanitize(f"  {command}\n      {what}")))
    raise typer.Exit(OUTCOMES[result.outcome.kind])
