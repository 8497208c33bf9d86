"""The forms in which a request is printed: to read, as its exact bytes, as a line for a shell."""

from __future__ import annotations

import json
import sys

import typer

from agentchat.cli.curl import address_of, curl, gets_key
from agentchat.debug.asked import Asked
from agentchat.errors import ConfigurationError
from agentchat.terminal.console import Plain
from agentchat.terminal.request_text import request_text
from agentchat.terminal.sanitize import sanitize, sanitize_line
from agentchat.transcript.calls import CodeRecipe, ModelRecipe


def print_text(asked: Asked) -> None:
    """To read. The source of a program goes to a pipe as it is, so that it can be run."""
    if asked.source is not None and not sys.stdout.isatty():
        print_exact(asked.source.encode())
        return
    console = Plain(sys.stdout)
    for number, block in enumerate(request_text(asked)):
        if number:
            console.raw("\n")
        console.show(block)


def print_json(asked: Asked) -> None:
    """The bytes that the digest is of. Those of a program are no JSON: of it, an object with its source."""
    recipe = asked.started.recipe
    if isinstance(recipe, CodeRecipe):
        program = {"language": recipe.language, "sandbox": recipe.sandbox, "source": asked.source}
        print_exact(json.dumps(program, ensure_ascii=False).encode() + b"\n")
    else:
        print_exact(asked.body)


def print_curl(asked: Asked) -> None:
    """A line that sends it again. Raises ConfigurationError for what was not sent over HTTP."""
    recipe = asked.started.recipe
    if not isinstance(recipe, ModelRecipe):
        what = f"event {asked.seq} is a {recipe.call} call, which is not sent over HTTP"
        raise ConfigurationError(f"{what}; there is --format text and json for it")
    address = address_of(recipe.model)
    if not gets_key(address):
        told = f"the record names the address {address}, which gets no key of yours; put one in where it says none"
        typer.echo(f"agentchat: {sanitize_line(told)}", err=True)
    print_exact(f"{curl(recipe, asked.body)}\n".encode())


def print_exact(data: bytes) -> None:
    """Bytes as they are; in a terminal, made harmless, which is told where it changes anything."""
    if not sys.stdout.isatty():
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    text = data.decode()
    safe = sanitize(text)
    typer.echo(safe, nl=not safe.endswith("\n"))
    if safe != text:
        told = "what would harm a terminal is shown otherwise here; into a pipe or a file it goes as it is"
        typer.echo(f"agentchat: {told}", err=True)
