"""The task of a run: what stands on the command line, and what comes in on standard input."""

from __future__ import annotations

import os
import select
from typing import Final, TextIO

import typer

from agentchat.errors import ConfigurationError

PATIENCE: Final = 1.0
"""Seconds of silence after which a user is told what is waited for: a pipe that nobody closes looks like a hang."""

LARGEST: Final = 16 * 1024 * 1024
"""Bytes that are read. More fits no model's window."""


def whole_task(task: str, stdin: TextIO) -> str:
    """The task with what was piped in behind it, marked as such; "-" stands for standard input alone.

    Raises ConfigurationError for an empty task, and for input that is no text or too long.
    """
    if task == "-":
        text = _read(stdin)
        if not text.strip():
            raise ConfigurationError("the task is empty: nothing came in on standard input")
        return text
    try:
        task.encode()
    except UnicodeEncodeError as error:
        raise ConfigurationError(f"the task is no UTF-8 text (character {error.start + 1})") from None
    if not task.strip():
        raise ConfigurationError('the task is empty; write for instance: agentchat run "Print the 10th prime number"')
    attached = "" if stdin.closed or stdin.isatty() else _read(stdin)
    if not attached.strip():
        return task
    return f"{task}\n\n<stdin>\n{attached}{'' if attached.endswith(chr(10)) else chr(10)}</stdin>"


def _read(stdin: TextIO) -> str:
    if stdin.isatty():
        typer.echo("agentchat: type the task, and end it with Ctrl-D on a line of its own", err=True)
    data = _to_the_end(stdin)
    if len(data) > LARGEST:
        raise ConfigurationError(f"standard input holds more than {LARGEST} bytes")
    if b"\0" in data:
        raise ConfigurationError(f"standard input is no text (byte {data.index(0)} is NUL)")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"standard input is no UTF-8 text (byte {error.start})") from None


def _to_the_end(stdin: TextIO) -> bytes:
    """Everything up to the end, or a little more than is allowed.

    It looks up every `PATIENCE` seconds: a Ctrl-C that comes just before a read would otherwise wait for the read.
    """
    data = bytearray()
    told = stdin.isatty()
    while len(data) <= LARGEST:
        try:
            ready, _, _ = select.select([stdin], [], [], PATIENCE)
        except (OSError, ValueError):  # nothing that can be waited for, such as a regular file on some systems
            return bytes(data) + stdin.buffer.read(LARGEST + 1 - len(data))
        if ready:
            piece = os.read(stdin.fileno(), 64 * 1024)
            if not piece:
                break
            data += piece
        elif not told:
            told = True
            typer.echo("agentchat: waiting for the end of standard input (without any: add < /dev/null)", err=True)
    return bytes(data)
