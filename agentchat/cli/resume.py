"""`agentchat resume`: go on with a conversation, with the team rebuilt from its record."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from agentchat.cli.options import Calls, MaxTurns, Park, Seconds, StorePath, Tokens, Trust, UnsafeHost, Usd
from agentchat.cli.show import Source


class Doubt(StrEnum):
    """What to do about a program of which it is unknown whether it ran."""

    retry = "retry"
    fail = "fail"


def resume(
    source: Source,
    say: Annotated[str | None, typer.Option(help="Say this to the team.")] = None,
    max_turns: MaxTurns = None,
    calls: Calls = None,
    tokens: Tokens = None,
    usd: Usd = None,
    seconds: Seconds = None,
    in_doubt: Annotated[
        Doubt | None, typer.Option("--in-doubt", help="A call whose result was lost: make it again, or give it up.")
    ] = None,
    override: Annotated[
        str | None,
        typer.Option("--override", metavar="REASON", help="Let limits given here hold for a run that was cut off too."),
    ] = None,
    park: Park = False,
    trust: Trust = False,
    unsafe_host: UnsafeHost = False,
    store: StorePath = None,
) -> None:
    """Go on with a conversation where it stopped. What was recorded is not done again.

    A run that ended by a limit, an interruption or a failure gets a new one, with the same limits or those given here;
    one that is done stays as it is unless --say gives it something new.
    """
    import sys

    from agentchat.cli.asking import Asker
    from agentchat.cli.driving import answer, drive, finish, printing
    from agentchat.cli.places import find
    from agentchat.cli.run import write_answer
    from agentchat.cli.teaming import check_attended
    from agentchat.errors import CallUnsettled, ConfigurationError
    from agentchat.policy.state import state_of
    from agentchat.run import Run
    from agentchat.teams import Bounds, rebuild
    from agentchat.terminal.console import Plain

    place, transcript = find(source, store)
    bounds = Bounds(max_turns, calls, tokens, usd, seconds)
    if bounds != Bounds() and state_of(transcript).board.live and override is None:
        raise ConfigurationError(
            f"{place} was cut off in the middle of a run, which keeps the limits it began with; resume it without new "
            'ones, or say why they are to hold all the same: --override "..."'
        )
    chat = rebuild(transcript, store=place.store, unsafe_host=unsafe_host, trust=trust, bounds=bounds)
    console = Plain(sys.stderr)
    before = len(transcript)
    asker = Asker(console, unseen=before)
    if not park:
        check_attended(chat.charter.agents, asker.attended)

    def start() -> Run:
        return chat.reopen(
            place.file or place.id,
            say=say,
            in_doubt=None if in_doubt is None else in_doubt.value,
            override=override,
            attended=not park,
        )

    try:
        result = drive(start, printing(console, after=before), place, None if park else asker)
    except CallUnsettled as error:
        raise CallUnsettled(f"{error}\nHere that is --in-doubt retry, or --in-doubt fail.") from None
    if len(result.transcript) == before:
        console.show(f"{place} is {result.outcome.kind}: there is nothing to go on with. Give it something with --say.")
    else:
        write_answer(answer(result), shown=console.is_terminal)
    raise typer.Exit(finish(result, place, console))
