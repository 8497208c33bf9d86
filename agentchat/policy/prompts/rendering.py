"""A message of the conversation as one agent's model is shown it."""

from __future__ import annotations

from typing import Final, Literal

from agentchat.policy.prompts.media import shown_parts
from agentchat.policy.prompts.request import ChatMessage, raw_message, resolve
from agentchat.transcript.calls import CodeRecipe, Item, Piece, Reply, Wire
from agentchat.transcript.events import CallFinished, CallStarted, Said
from agentchat.transcript.messages import (
    BlobPart,
    Body,
    Code,
    CodeResult,
    CodeRun,
    Data,
    Direction,
    FilePart,
    Handoff,
    Part,
    Text,
    TextPart,
    ToolCallPart,
    UriPart,
    outcome_line,
    saved_line,
    text_of,
)
from agentchat.transcript.transcript import Transcript

CHANGED: Final = "A person changed the program. What ran is:"
"""What is told of a program that is not the one its author wrote."""
_MEDIA = (BlobPart, FilePart, UriPart)


def render(
    transcript: Transcript, seq: int, viewer: str, wire: Wire, *, crowd: bool
) -> tuple[Item, ChatMessage] | None:
    """A message as one viewer's model is shown it: its own words as the assistant's, others' as a user's.

    With a crowd, others' messages are headed with the sender's name. None for what only routes and says nothing more:
    a direction without an instruction.
    """
    said = transcript[seq].event
    if not isinstance(said, Said):
        raise TypeError(f"event {seq} is {said.kind}, not said")
    role: Literal["user", "assistant"] = "assistant" if said.sender == viewer else "user"
    head = f"{said.sender}:\n" if crowd and role == "user" else ""
    parts = transcript.parts_of(said)
    if parts is not None:
        where = _place_of(said, seq)
        if len(parts) == 1 and isinstance(parts[0], TextPart):  # nearly always
            content = head + parts[0].content
            pieces: tuple[Piece, ...] = (f"@{where}/parts/0/content",)
        elif any(isinstance(part, _MEDIA) for part in parts):
            raw = shown_parts(wire, role, f"{where}/parts", parts, head)
            return ("raw", raw), raw_message(resolve(transcript, raw))
        else:
            pieces, content = text_pieces(parts, where), head + text_of(parts)
    else:
        body = transcript.body(seq)
        if isinstance(body, Direction) and role == "user" and body.instruction is None:
            return None
        pieces = _pieces(transcript, said, seq, body, own=role == "assistant")
        content = head + resolve(transcript, pieces)
    return (role, (f"={head}", *pieces) if head else pieces), ChatMessage(role, content)


def _pieces(transcript: Transcript, said: Said, seq: int, body: Body, *, own: bool) -> tuple[Piece, ...]:
    if said.type is not None and said.from_calls:
        return _typed_pieces(transcript, said.from_calls[0], body, own=own)
    if said.body is None and said.from_calls is not None:
        where = [f"{call}/result" for call in said.from_calls]
    else:
        where = [f"{seq}/body"]
    if isinstance(body, CodeResult):
        runs = where if said.body is None else [f"{seq}/body/runs/{place}" for place in range(len(body.runs))]
        made = said.from_calls if said.body is None and said.from_calls is not None else (None,) * len(body.runs)
        pieces: list[Piece] = []
        for run, at, call in zip(body.runs, runs, made, strict=True):
            pieces += [] if call is None else _changed_program(transcript, call)
            pieces += _run_pieces(run, at)
        if body.skipped:
            pieces.append(f"={body.skipped} later block(s) not run.\n")
        return tuple(pieces)
    if isinstance(body, Code):
        return (f"=```{body.language}\n", f"@{where[0]}/source", "=\n```")
    if isinstance(body, Direction):
        return (f"%{where[0]}",) if own else (f"@{where[0]}/instruction",)
    if isinstance(body, Handoff):
        return (f"=Over to {body.to}.",) if body.reason is None else (f"@{where[0]}/reason",)
    return (f"%{where[0]}/value",) if isinstance(body, Data) else (f"@{where[0]}/parts/0/content",)


def _typed_pieces(transcript: Transcript, call: int, body: Body, *, own: bool) -> tuple[Piece, ...]:
    """A typed answer, word for word as the model wrote it; of a direction to others only the instruction."""
    if isinstance(body, Direction) and not own:
        return (f"={body.instruction}",)
    event = transcript[call].event
    assert isinstance(event, CallFinished)
    assert isinstance(event.result, Reply)
    where = f"{call}/result/parts"
    asked = [place for place, part in enumerate(event.result.parts) if isinstance(part, ToolCallPart)]
    return (f"@{where}/{asked[-1]}/arguments",) if asked else text_pieces(event.result.parts, f"{call}/result")


def _place_of(said: Said, seq: int) -> str:
    """Where the one body of a message stands: with the call whose result it is, or with the message itself."""
    return f"{said.from_calls[0]}/result" if said.body is None and said.from_calls else f"{seq}/body"


def text_pieces(parts: tuple[Part, ...], where: str) -> tuple[Piece, ...]:
    """The texts among the parts that stand there, as pieces."""
    return tuple(f"@{where}/parts/{place}/content" for place, part in enumerate(parts) if isinstance(part, TextPart))


def _changed_program(transcript: Transcript, call: int) -> list[Piece]:
    """The program that ran, where a person put it in place of the one that was asked for."""
    ended = transcript[call].event
    started = transcript[ended.call].event if isinstance(ended, CallFinished) else None
    recipe = started.recipe if isinstance(started, CallStarted) else None
    if not isinstance(recipe, CodeRecipe) or not recipe.changed:
        return []
    return [f"={CHANGED}\n```{recipe.language}\n", *recipe.source, "=\n```\n"]


def _run_pieces(run: CodeRun, where: str) -> list[Piece]:
    pieces = [f"={outcome_line(run)}\n"]
    for stream in ("stdout", "stderr"):
        text: str = getattr(run, stream)
        if text:
            pieces.append(f"@{where}/{stream}")
            if not text.endswith("\n"):
                pieces.append("=\n")
    return [*pieces, *(f"={saved_line(file)}\n" for file in run.files)]


def shown_source(transcript: Transcript, seq: int, source: str) -> tuple[Piece, ...]:
    """A program as pieces: a slice of the message at `seq` where it stands there word for word, else itself."""
    said = transcript[seq].event
    if isinstance(said, Said):
        where = _place_of(said, seq)
        body = transcript.body(seq)
        if isinstance(body, Code) and body.source == source:
            return (f"@{where}/source",)
        for place, part in enumerate(body.parts if isinstance(body, Text) else ()):
            start = part.content.find(source) if isinstance(part, TextPart) and source else -1
            if start >= 0:
                return (f"@{where}/parts/{place}/content[{start}:{start + len(source)}]",)
    return (f"={source}",)
