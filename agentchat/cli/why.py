"""`agentchat why`: the chain of causes of an event, and why a run had not ended yet."""

from __future__ import annotations

from typing import Annotated

import typer

from agentchat.cli.options import StorePath
from agentchat.cli.show import Source

FIRST = 24
LAST = 3
"""Steps of a long chain that are shown without --all: those nearest to the event, and its beginning."""


def why(
    source: Source,
    seq: Annotated[
        int | None, typer.Argument(metavar="SEQ", help="The event to explain; without it, how the last run ended.")
    ] = None,
    not_ended: Annotated[
        int | None, typer.Option("--not-ended", metavar="SEQ", help="Why the run had not ended after this event.")
    ] = None,
    whole: Annotated[bool, typer.Option("--all", help="Every step of a long chain.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The same as data.")] = False,
    store: StorePath = None,
) -> None:
    """Say in plain words why something happened.

    From the event back to the task: why an agent got the turn, why an answer was refused, why a call was admitted or
    not, why the run ended and what each rule stood at. `agentchat show --events` gives the numbers of the events.
    """
    import sys

    from agentchat.cli.places import find
    from agentchat.cli.positions import split_position
    from agentchat.debug import why as reasons
    from agentchat.errors import ConfigurationError, NoSuchEvent
    from agentchat.terminal import why_text
    from agentchat.terminal.console import Plain
    from agentchat.transcript.events import Closed

    source, at = split_position(source)
    seq = at if seq is None and not_ended is None else seq
    if seq is not None and not_ended is not None:
        raise ConfigurationError("SEQ asks why an event came about, --not-ended why a run went on; give one of them")
    place, transcript = find(source, store)
    try:
        told: reasons.Chain | reasons.Step = (
            reasons.why(transcript, seq) if not_ended is None else reasons.not_ended(transcript, not_ended)
        )
    except NoSuchEvent as error:
        raise NoSuchEvent(f"{place}: {error}") from None
    if as_json:
        typer.echo(why_text.as_json(told.model_dump(mode="json")))
        return
    steps = told.steps if isinstance(told, reasons.Chain) else (told,)
    if seq is None and not_ended is None and not isinstance(transcript.recorded(steps[0].seq).event, Closed):
        last = steps[0].seq
        note = f"agentchat: {place}: no run has ended; this is about its last event, {last}"
        typer.echo(f"{note}. Why it goes on: agentchat why {place.words} --not-ended {last}", err=True)
    console = Plain(sys.stdout)
    left_out = 0 if whole else max(0, len(steps) - FIRST - LAST)
    for number, step in enumerate(steps):
        if left_out and number == FIRST:
            console.show(f"   …  {left_out:,} steps between; --all shows them")
        if not left_out or not FIRST <= number < FIRST + left_out:
            console.show(why_text.step_text(step) if console.is_terminal else why_text.step_lines(step))
