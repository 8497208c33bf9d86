"""The formats by name, and one function that writes any of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from difflib import get_close_matches
from types import MappingProxyType
from typing import Final, NamedTuple

from agentchat.errors import ConfigurationError
from agentchat.exchange.atif import atif
from agentchat.exchange.exported import Exported
from agentchat.exchange.markdown import markdown
from agentchat.exchange.mermaid_graph import mermaid_graph
from agentchat.exchange.mermaid_path import mermaid
from agentchat.exchange.openai_chat import openai_chat
from agentchat.exchange.otel import otel
from agentchat.policy.charter import agreed_in
from agentchat.transcript.transcript import Transcript


class Wanted(NamedTuple):
    """What is asked of an export: the view of one agent, what was said (otel), the version of the writing program."""

    agent: str | None = None
    content: bool = False
    version: str = ""


class Format(NamedTuple):
    """A format. endings: of file names that stand for it. of_agents: whether one agent's view can be had alone."""

    write: Callable[[Transcript, Wanted], Exported]
    about: str
    endings: tuple[str, ...] = ()
    of_agents: bool = False


FORMATS: Final = MappingProxyType(
    {
        "markdown": Format(lambda log, _: markdown(log), "a document to read", (".md", ".markdown")),
        "openai": Format(
            lambda log, wanted: openai_chat(log, wanted.agent), "OpenAI chat JSONL, a line an agent", of_agents=True
        ),
        "otel": Format(
            lambda log, wanted: otel(log, content=wanted.content, version=wanted.version),
            "OpenTelemetry GenAI spans, OTLP JSON",
        ),
        "atif": Format(
            lambda log, wanted: atif(log, wanted.agent, version=wanted.version), "an ATIF trajectory", of_agents=True
        ),
        "mermaid": Format(lambda log, _: mermaid(log), "the path taken, a sequence diagram", (".mmd", ".mermaid")),
        "mermaid-graph": Format(lambda log, _: mermaid_graph(log), "the declared routing, a flowchart"),
        "jsonl": Format(lambda log, _: Exported(log.dumps().decode()), "the transcript itself, whole", (".jsonl",)),
    }
)
"""Every format, by the name that `agentchat export --format` takes."""


def export(
    transcript: Transcript, format: str, *, agent: str | None = None, content: bool = False, version: str = ""
) -> Exported:
    """The transcript in a format, and what of it is lost there.

    agent: this agent's view alone. content: for "otel", what was said as well. version: that of the writing program,
    where the format has a place for it. Raises ConfigurationError for a format or an agent that there is not.
    """
    chosen = FORMATS.get(format)
    if chosen is None:
        raise ConfigurationError(f"there is no format {format!r}{nearest(format, FORMATS)}")
    if content and format != "otel":
        raise ConfigurationError(
            f"content is for the format otel, which leaves out what was said; {format} has it anyway"
        )
    names = agreed_in(transcript).names
    if agent is not None and not chosen.of_agents:
        able = " and ".join(name for name, one in FORMATS.items() if one.of_agents)
        raise ConfigurationError(f"the format {format} has no view of a single agent; {able} have one")
    if agent is not None and agent not in names:
        raise ConfigurationError(f"there is no agent {agent!r} in this conversation{nearest(agent, names)}")
    return chosen.write(transcript, Wanted(agent, content, version))


def format_of(name: str) -> str:
    """The format that a file's name stands for. Raises ConfigurationError for one that says none."""
    for format, one in FORMATS.items():
        if one.endings and name.lower().endswith(one.endings):
            return format
    raise ConfigurationError(f"the name {name} says no format; choose one of {', '.join(FORMATS)}")


def nearest(word: str, known: Iterable[str]) -> str:
    """What to say behind an unknown word: the known one that may be meant, and all of them."""
    names = tuple(known)
    near = get_close_matches(word.lower(), names, 1, 0.5)
    return f"{f'; did you mean {near[0]!r}?' if near else ';'} there are {', '.join(names)}"
