"""What `export` and `import` do with files, streams and stores."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable
from pathlib import Path

import typer

from agentchat.cli.places import Place
from agentchat.conversation import new_id
from agentchat.errors import ConfigurationError, Conflict, ConversationExists, NotATranscript
from agentchat.exchange.importing import Imported, import_messages
from agentchat.exchange.message_lists import MessageList, read_message_lists
from agentchat.terminal.sanitize import sanitize, sanitize_line
from agentchat.transcript.transcript import Transcript

STDIN = "-"


# out


def check_target(output: Path | None, source: Path | None) -> None:
    """Raise ConfigurationError for a file that cannot be meant: a folder, or the transcript that is exported."""
    if output is None:
        return
    if output.is_dir():
        raise ConfigurationError(f"{output} is a folder; name a file in it")
    if source is not None and output.exists() and output.samefile(source):
        raise ConfigurationError(f"{output} is the transcript itself, which no export is written on; name another file")


def write_out(output: Path | None, text: str) -> None:
    """To a file, whole or not at all, or to stdout: harmless for a terminal, to the byte for anything else."""
    if output is not None:
        _write(output, text.encode())
    elif sys.stdout.isatty():
        sys.stdout.write(sanitize(text))
    else:
        sys.stdout.buffer.write(text.encode())
    sys.stdout.flush()


def _write(output: Path, data: bytes) -> None:
    try:
        if output.exists() and not output.is_file():  # a device or a pipe
            output.write_bytes(data)
            return
        partial = output.with_name(f".{output.name}.partial")
        partial.write_bytes(data)
        partial.replace(output)
    except OSError as error:
        raise ConfigurationError(f"{output} cannot be written ({error.strerror})") from None


def tell_lost(losses: Iterable[str]) -> None:
    """Say on stderr what is lost, a line each."""
    for loss in losses:
        typer.echo(f"agentchat: not in it: {sanitize_line(loss)}", err=True)


# in


def import_file(file: str, *, line: int | None, model: str | None, id: str | None, one: bool) -> list[Imported]:
    """The conversations of a file; with `one`, there may be no more than one.

    Raises NotATranscript that names file, line and message for what is no message list.
    """
    name = "standard input" if file == STDIN else file
    try:
        lists = _chosen(read_message_lists(_text_of(file)), name, line, one=one)
        source, at = Path(name).name, time.time()
        return [
            import_messages(given, id=new_id() if id is None else id, source=source, at=at, model=model)
            for given in lists
        ]
    except NotATranscript as error:
        raise NotATranscript(f"{name}: {error}") from None


def _chosen(lists: list[MessageList], name: str, number: int | None, *, one: bool) -> list[MessageList]:
    if number is not None:
        if number > len(lists):
            raise ConfigurationError(f"{name} holds {len(lists)} conversations; there is no number {number}")
        return [lists[number - 1]]
    if one and len(lists) > 1:
        raise ConfigurationError(
            f"{name} holds {len(lists)} conversations, and --save and --id are for one: choose it with --line N, or "
            "leave them out, and all go to the store"
        )
    return lists


def _text_of(file: str) -> str:
    """What a file holds, or standard input. Raises NotATranscript for what is not there or no text."""
    try:
        data = sys.stdin.buffer.read() if file == STDIN else Path(file).read_bytes()
        return data.decode("utf-8-sig")
    except OSError as error:
        raise NotATranscript(f"it cannot be read ({error.strerror})") from None
    except UnicodeDecodeError as error:
        raise NotATranscript(f"it is no UTF-8 text (byte {error.start})") from None


async def keep(place: Place, transcript: Transcript) -> None:
    """Put a new conversation into its store. Raises ConversationExists for an id that is taken, and what stores do."""
    lines = [transcript.line(seq) for seq in range(1, len(transcript) + 1)]
    try:
        await place.store.append(place.id, lines, after=0, blobs=transcript.blobs())
    except Conflict:
        raise ConversationExists(f"there is a conversation {place.id!r} already; use another id") from None
    finally:
        await place.store.aclose()
