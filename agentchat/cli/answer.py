"""`agentchat answer`: answer a question that a conversation waits with."""

from __future__ import annotations

from typing import Annotated

import typer

from agentchat.cli.options import StorePath
from agentchat.cli.show import Source


def answer(
    source: Source,
    question: Annotated[
        str | None, typer.Argument(metavar="PAUSE", help="The question's id; without it, what is open is listed.")
    ] = None,
    value: Annotated[
        str | None,
        typer.Argument(metavar="VALUE", help="yes, no, 'no, because ...', text, or JSON, as the question asks."),
    ] = None,
    by: Annotated[str, typer.Option("--by", help="Who answers, for the record.")] = "user",
    id: Annotated[
        str | None, typer.Option("--id", help="Your own id of this answer: the same one again does nothing more.")
    ] = None,
    store: StorePath = None,
) -> None:
    """Answer a question that a conversation waits with. Nobody need be running it; then resume it.

    A wrong, second or ill-fitting answer is refused, and nothing is written.
    """
    import sys

    import anyio

    from agentchat.cli.answering import read_value
    from agentchat.cli.places import find
    from agentchat.errors import ConfigurationError
    from agentchat.history import answer as hand_in
    from agentchat.policy.asked import asked_in
    from agentchat.runtime.clock import SystemClock
    from agentchat.terminal.console import Plain
    from agentchat.terminal.highlight import verbatim
    from agentchat.terminal.sanitize import sanitize

    place, transcript = find(source, store)
    asked = asked_in(transcript)
    console = Plain(sys.stderr)
    if question is None:
        for paused in asked.open.values():
            console.show(sanitize(f"{paused.pause}  to {paused.to}: {paused.question}"))
        if not asked.open:
            console.show(f"{place} waits for no answer.")
        return
    if value is None:
        raise ConfigurationError(f"what is the answer to {question}? agentchat answer {place.words} {question} VALUE")
    open_one = asked.open.get(question)
    given = value if open_one is None else read_value(value, open_one.answer_schema)
    seq = anyio.run(lambda: hand_in(place.store, place.id, question, given, by=by, clock=SystemClock(), id=id))
    told = f"{question} is answered (event {seq}). Go on with: agentchat resume {place.words}"
    console.show(verbatim(sanitize(told)))
