"""`agentchat run`: a team on a task of the user's. stdout is the answer, stderr the rest."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from agentchat.cli.options import Calls, MaxTurns, Park, Seconds, Tokens, Trust, UnsafeHost, Usd


class TeamAndTask(TyperCommand):
    """The command with its words named one by one: the last of them is the task."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """The line behind `Usage:`."""
        return ["[OPTIONS]", "[TEAM|PERSONA ...]", "TASK"]


def run(
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="TASK",
            show_default=False,
            help='In quotes; "-" takes it from standard input. Before it may stand a team, or one or more personas.',
        ),
    ],
    model: Annotated[
        str | None,
        typer.Option("--model", "-m", help="One for everybody: NAME, a tier, NAME@URL of a server, or local."),
    ] = None,
    max_turns: MaxTurns = None,
    calls: Calls = None,
    tokens: Tokens = None,
    usd: Usd = None,
    seconds: Seconds = None,
    save: Annotated[Path | None, typer.Option(help="Keep the transcript in this file, not in the store.")] = None,
    jsonl: Annotated[
        bool, typer.Option("--jsonl", help="Print every event as a line of JSON as it is entered.")
    ] = False,
    id: Annotated[str | None, typer.Option("--id", help="What to call the conversation.")] = None,
    park: Park = False,
    trust: Trust = False,
    unsafe_host: UnsafeHost = False,
    store: Annotated[Path | None, typer.Option(help="The store to use, instead of your own.")] = None,
) -> None:
    """Let a team solve a task.

    It is whoever is named before the task, else a coder and a code runner.

    \b
    agentchat run "print the 10th prime"
    agentchat run writer critic "a letter to the neighbours about the noise"
    agentchat run supervised-coding "..."          (a team that ships; or a file: ./team.toml)

    Personas have their turns in order, at most 20, until an assistant writes DONE; one alone answers once; a supervisor
    among them directs the others. What is piped in is put behind the task: git diff | agentchat run "review this". The
    answer goes to standard output, everything else to standard error. Exit codes: 0 done, 1 failed or stopped, 2 usage,
    3 a limit was reached or a question waits for its answer, 130 interrupted.
    """
    import sys

    from agentchat.cli.asking import Asker
    from agentchat.cli.choices import check_keys, command_models
    from agentchat.cli.driving import answer, drive, finish, printing
    from agentchat.cli.lines import LinePrinter
    from agentchat.cli.places import new_place
    from agentchat.cli.task import whole_task
    from agentchat.cli.teaming import check_attended, chosen_team, split_words
    from agentchat.conversation import new_id
    from agentchat.teams import Bounds
    from agentchat.terminal.console import Plain

    names, task = split_words(words)
    hint = ". A task of several words needs quotes around it"
    team = chosen_team(names, command_models(model), trust=trust, unsafe_host=unsafe_host, hint=hint)
    bounds = Bounds(max_turns, calls, tokens, usd, seconds)
    place = new_place(new_id() if id is None else id, save=save, store=store)
    chat = team.conversation(store=place.store, bounds=bounds)
    check_keys(chat.terms.agents)
    console = Plain(sys.stderr)
    asker = Asker(console, unseen=sys.maxsize if jsonl else 0)
    if not park:
        check_attended(chat.charter.agents, asker.attended)
    text = whole_task(task, sys.stdin)
    watch = LinePrinter.watching if jsonl else printing(console)
    result = drive(lambda: chat.open(text, id=place.id, attended=not park), watch, place, None if park else asker)
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
