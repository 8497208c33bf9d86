"""Who an agent is, as a file says it. Data only: what it names is found and made elsewhere."""

from __future__ import annotations

from typing import Annotated, Final, Literal, NamedTuple

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

Dialect = Literal["own", "claude-code", "agent-md"]
"""Whose form a file has: ours, that of Claude Code's subagents, or that of `.agent.md` (VS Code and GitHub)."""


class Origin(NamedTuple):
    """Where a persona was read: the file, its dialect, the line of each key, and what could not be taken over."""

    source: str
    dialect: Dialect = "own"
    lines: tuple[tuple[str, int], ...] = ()
    warnings: tuple[str, ...] = ()

    def place(self, key: str | None = None) -> str:
        """The file, with the line of a key where it has one."""
        line = dict(self.lines).get(key or "")
        return self.source if line is None else f"{self.source}, line {line}"


def _words(given: object) -> object:
    """A list of words; one text with commas stands for a list, as other programs write it."""
    if isinstance(given, str):
        return tuple(word for word in (part.strip() for part in given.split(",")) if word)
    return tuple(given) if isinstance(given, list) else given


_Word = Annotated[str, Field(min_length=1)]
Words = Annotated[tuple[_Word, ...], BeforeValidator(_words)]


def _models(given: object) -> object:
    return tuple(given) if isinstance(given, list) else given


class Persona(BaseModel):
    """Who an agent is. `instructions` is the body: the system message of a model, a note for people otherwise.

    model: a tier ("smart", "fast"), "name" or "name@base-url"; several are asked in turn where one fails; None leaves
    the choice to whoever starts the team. stronger: the model for the last repair of a typed answer, repairs: how often
    one may be put right. tools: names of installed tools, or `module:function`. accepts, emits: names of message types
    ("str", "Code", ...), or `module:Class`. team: whom a supervisor directs; nobody named: everyone else. sandbox:
    where a user proxy runs code. human: whether a person is asked before code runs ("approve"), speaks in its place
    ("always"), or neither ("never", the usual). origin: where it was read, None where it was not.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    name: str = Field(min_length=1)
    description: str | None = None
    kind: Literal["assistant", "user-proxy", "supervisor"] = "assistant"
    model: Annotated[_Word | Annotated[tuple[_Word, ...], Field(min_length=1)] | None, BeforeValidator(_models)] = None
    stronger: _Word | None = None
    repairs: int | None = Field(default=None, ge=0, le=16)
    tools: Words = ()
    accepts: Words = ()
    emits: Words = ()
    team: Words = ()
    sandbox: _Word | None = None
    human: Literal["never", "approve", "always"] | None = None
    instructions: str = ""
    origin: Origin | None = None

    def place(self, key: str | None = None) -> str:
        """What errors call it: the file and the line of a key, or its name."""
        return f"persona {self.name}" if self.origin is None else self.origin.place(key)


KEYS: Final = (*(name for name in Persona.model_fields if name not in ("instructions", "origin")), "includes")
"""The keys of our own front matter."""

WITH_MODEL: Final = ("assistant", "supervisor")
ONLY_FOR: Final[dict[str, tuple[str, ...]]] = {
    "model": WITH_MODEL,
    "stronger": WITH_MODEL,
    "repairs": WITH_MODEL,
    "tools": ("assistant",),
    "accepts": ("assistant",),
    "emits": ("assistant",),
    "team": ("supervisor",),
    "sandbox": ("user-proxy",),
    "human": ("user-proxy",),
}
"""Keys that make sense for some kinds only."""
