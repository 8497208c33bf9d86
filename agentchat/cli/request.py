"""`agentchat request`: the exact request of a call, rebuilt from the record and proven by its digest."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from agentchat.cli.options import StorePath
from agentchat.cli.show import Source


class Form(StrEnum):
    """How a request is printed."""

    text = "text"
    json = "json"
    curl = "curl"


def request(
    source: Source,
    seq: Annotated[
        int | None, typer.Argument(metavar="SEQ", help="The event of a call, or of what came from it.")
    ] = None,
    form: Annotated[
        Form,
        typer.Option("--format", help="text to read; json: the exact bytes; curl: a line that sends them again."),
    ] = Form.text,
    store: StorePath = None,
) -> None:
    """Print the exact request of a call, as it was sent.

    It is put together from the record, and checked by its digest. SEQ is a model call, or its end, or the message that
    came from it, or a turn with one model call. Of a program its source is printed, of a tool its name and arguments,
    of a question its words. Whether the digest that was recorded at the time matches is told on stderr; where it does
    not, the exit code is 1.
    """
    from agentchat.cli import request_forms as forms
    from agentchat.cli.exits import FAILED
    from agentchat.cli.places import find
    from agentchat.cli.positions import split_position
    from agentchat.debug.asked import request as asked_at
    from agentchat.errors import ConfigurationError, DamagedTranscript, NoSuchEvent
    from agentchat.terminal.request_text import told_of
    from agentchat.terminal.sanitize import sanitize_line

    source, at = split_position(source)
    seq = at if seq is None else seq
    if seq is None:
        raise ConfigurationError("which call? Name its event: agentchat request FILE|ID SEQ")
    place, transcript = find(source, store)
    try:
        asked = asked_at(transcript, seq)
    except (NoSuchEvent, DamagedTranscript) as error:
        raise type(error)(f"{place}: {error}") from None
    {Form.text: forms.print_text, Form.json: forms.print_json, Form.curl: forms.print_curl}[form](asked)
    typer.echo(f"agentchat: {told_of(asked)}", err=True)
    for line in asked.differs:
        typer.echo(f"  {sanitize_line(line)}", err=True)
    if not asked.proven:
        raise typer.Exit(FAILED)
