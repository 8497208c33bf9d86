"""`agentchat run`: the shipped coder and runner on a task of the user's. stdout is the answer, stderr the rest."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def run(
    task: Annotated[str, typer.Argument(help='The task; "-" takes it from standard input.')],
    model: Annotated[
        str | None, typer.Option("--model", "-m", help="NAME, or NAME@URL of an OpenAI-compatible server.")
    ] = None,
    save: Annotated[Path | None, typer.Option(help="Keep the transcript in this file, not in the store.")] = None,
    jsonl: Annotated[
        bool, typer.Option("--jsonl", help="Print every event as a line of JSON as it is entered.")
    ] = False,
    id: Annotated[str | None, typer.Option("--id", help="What to call the conversation.")] = None,
    max_turns: Annotated[int, typer.Option(min=1, help="End after so many turns.")] = 20,
    store: Annotated[Path | None, typer.Option(help="The store to use, instead of your own.")] = None,
) -> None:
    """Let a coder and a code runner solve a task.

    What is piped in is put behind the task: git diff | agentchat run "review this". The answer goes to standard
    output, everything else to standard error. Exit codes: 0 done, 1 failed, 2 usage, 3 a limit was reached,
    130 interrupted.
    """
    import sys

    from agentchat.cli.choices import chosen_model
    from agentchat.cli.driving import answer, drive, finish, printing
    from agentchat.cli.lines import LinePrinter
    from agentchat.cli.places import new_place
    from agentchat.cli.task import whole_task
    from agentchat.conversation import Conversation, new_id
    from agentchat.personas import shipped_personas
    from agentchat.policy.rules import MaxTurns, Mentions
    from agentchat.teams import team_of
    from agentchat.terminal.console import Plain

    name = chosen_model(model)
    place = new_place(id or new_id(), save=save, store=store)
    personas = shipped_personas()
    team = team_of([personas["coder"], personas["runner"]], model=name)
    chat = Conversation(team, until=Mentions("DONE", by="coder") | MaxTurns(max_turns), store=place.store)
    text = whole_task(task, sys.stdin)
    console = Plain(sys.stderr)
    watch = LinePrinter.watching if jsonl else printing(console)
    result = drive(lambda: chat.open(text, id=place.id), watch, place)
    if jsonl:
        console.show(str(result.outcome))
    else:
        write_answer(answer(result), shown=console.is_terminal)
    raise typer.Exit(finish(result, place, console))


def write_answer(text: str, *, shown: bool) -> None:
    """The answer, to stdout. On a terminal where it was `shown` above already, it is not shown twice."""
    import sys

    from agentchat.terminal.sanitize import sanitize

    if not text or (shown and sys.stdout.isatty()):
        return
    # A terminal gets harmless text; a file or program gets what was said.
    sys.stdout.write(sanitize(text) if sys.stdout.isatty() else text)
    sys.stdout.write("" if text.endswith("\n") else "\n")
    sys.stdout.flush()
