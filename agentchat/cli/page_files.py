"""The files of `agentchat view`: what is read, and where a page goes. Never here: what is on it (`report`)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from agentchat.cli.positions import split_position
from agentchat.cli.sides import transcript_at
from agentchat.errors import ConfigurationError
from agentchat.report.page import is_page
from agentchat.transcript.transcript import Transcript


class Given(NamedTuple):
    """What the user named: the record, what it is called on the page, and how a file about it is called."""

    transcript: Transcript
    label: str
    stem: str


def read(typed: str, store: Path | None) -> Given:
    """The conversation in a file or of an id, perhaps as it was at some event. Raises as `transcript_at` does."""
    transcript = transcript_at(typed, store)
    source, seq = split_position(typed)
    file, at = Path(source), "" if seq is None else f"@{seq}"
    if file.is_file():
        return Given(transcript, file.name + at, file.stem + at)
    return Given(transcript, transcript.conversation + at, transcript.conversation + at)


def page_file(given: Sequence[Given], out: Path | None) -> Path:
    """Where the page goes: in this folder, unless the user says otherwise.

    A page may be written over, nothing else is. Raises ConfigurationError.
    """
    file = out or Path(f"{'-and-'.join(one.stem for one in given)}.html")
    try:
        begins = file.read_bytes()[:200]
    except FileNotFoundError:
        return file
    except OSError as error:
        raise _unwritable(file, error) from None
    if begins and not is_page(begins):
        raise ConfigurationError(f"{file} is there already and is no page of this command; name another file with -o")
    return file


def write(file: Path, page: str) -> None:
    """Write a page, whole or not at all. Raises ConfigurationError."""
    partial = file.with_name(f".{file.name}.partial")
    try:
        partial.write_bytes(page.encode())
        partial.replace(file)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise _unwritable(file, error) from None


def _unwritable(file: Path, error: OSError) -> ConfigurationError:
    return ConfigurationError(f"{file}: cannot be written ({error.strerror})")
