"""Files that go along with a message, and the output of local commands: read, measured, and put behind the text.

Tokens are shown as a quarter of the bytes and marked `~`: what a tokenizer makes of them differs by model.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from agentchat.errors import ConfigurationError

LARGEST: Final = 4 * 1024 * 1024
"""Bytes of one file. More fits no model's window."""
BYTES_A_TOKEN: Final = 4


class Attached(NamedTuple):
    """Something that goes along: its name as typed, its size, and what is wrong with it, if anything is."""

    name: str
    size: int
    problem: str | None = None

    def __str__(self) -> str:
        return f"@{self.name}: {self.problem}" if self.problem else f"@{self.name} {amount(self.size)}"


def amount(size: int) -> str:
    """Bytes and estimated tokens, in words."""
    shown = f"{size} B" if size < 1000 else f"{size / 1000:.1f} kB" if size < 1_000_000 else f"{size / 1e6:.1f} MB"
    return f"{shown}, ~{-(-size // BYTES_A_TOKEN):,} tokens"


def look_at(name: str) -> Attached:
    """What there is to say of a file before it is sent. Reads nothing of it."""
    path = Path(name).expanduser()
    try:
        if path.is_dir():
            return Attached(name, 0, "is a folder; name a file")
        if not path.is_file():
            return Attached(name, 0, "there is no such file, nor an agent of that name (\\@ for a plain @)")
        size = path.stat().st_size
    except OSError as error:
        return Attached(name, 0, error.strerror or "cannot be read")
    return Attached(name, size, f"is too large ({amount(size)})" if size > LARGEST else None)


def with_files(text: str, names: Sequence[str]) -> str:
    """The message with its files behind it. Raises ConfigurationError where one of them cannot go along."""
    return "".join((text, *(f"\n\n{_enclosed(name)}" for name in names)))


def _enclosed(name: str) -> str:
    found = look_at(name)
    if found.problem is not None:
        raise ConfigurationError(str(found))
    try:
        content = Path(name).expanduser().read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ConfigurationError(f"@{name}: is no UTF-8 text, and only text can go along") from None
    except OSError as error:
        raise ConfigurationError(f"@{name}: {error.strerror}") from None
    return enclosed("file", name, content)


def enclosed(tag: str, name: str, content: str) -> str:
    """Text from elsewhere, marked as such for the model."""
    end = "" if content.endswith("\n") or not content else "\n"
    return f'<{tag} name="{name}">\n{content}{end}</{tag}>'
