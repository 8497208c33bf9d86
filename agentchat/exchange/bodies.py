"""The body of a message as blocks of a Markdown document."""

from __future__ import annotations

import json
from collections.abc import Iterator

from agentchat.exchange.quoting import code, fenced, inline, quoted
from agentchat.policy.routing.plans import FINISH
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
    ReasoningPart,
    Text,
    TextPart,
    ToolCallPart,
    UriPart,
    ending_of,
)


def blocks_of(body: Body) -> list[str]:
    """The blocks of a body, whatever kind of message it is."""
    match body:
        case CodeResult():
            blocks = [block for run in body.runs for block in run_blocks(run)]
            return [*blocks, *([f"*{body.skipped} later block(s) not run*"] if body.skipped else [])]
        case Code():
            return [fenced(body.source, body.language)]
        case Direction():
            return list(_direction(body))
        case Handoff():
            return [f"**over to {inline(body.to)}**{f': {inline(body.reason)}' if body.reason else ''}"]
        case Data():
            return [f"*{inline(body.type)}*", fenced(json.dumps(body.value, ensure_ascii=False, indent=2), "json")]
        case Text():
            return [block for part in body.parts for block in _part(part)] or [quoted("")]


def run_blocks(run: CodeRun) -> list[str]:
    """What a program did: how it ended, and what it printed."""
    blocks = [f"**{inline(ending_of(run))}**"]
    blocks += [fenced(run.stdout)] if run.stdout else []
    blocks += ["*on standard error:*", fenced(run.stderr)] if run.stderr else []
    return [
        *blocks,
        *(f"*saved {code(file.name)} ({inline(file.mime_type)}, {file.size:,} bytes)*" for file in run.files),
    ]


def _direction(body: Direction) -> Iterator[str]:
    if body.next != FINISH:
        yield f"**→ {inline(body.next)}**"
    else:
        yield f"**finished**{f': {inline(body.reason)}' if body.reason else ''}"
    if body.instruction:
        yield quoted(body.instruction)
    if body.reason and body.next != FINISH:
        yield f"*because: {inline(body.reason)}*"
    if isinstance(body.answer, str):
        yield quoted(body.answer)
    elif body.answer is not None:
        yield fenced(json.dumps(body.answer, ensure_ascii=False, indent=2), "json")


def _part(part: Part) -> Iterator[str]:
    match part:
        case TextPart():
            yield quoted(part.content)
        case ReasoningPart(content=content):
            if content:
                yield "*thought:*"
                yield quoted(content)
        case BlobPart():
            yield f"*[{inline(part.mime_type)}, {len(part.content) * 3 // 4:,} bytes]*"
        case FilePart():
            yield f"*[file {code(part.file_id)}]*"
        case UriPart():
            yield f"*[{code(part.uri)}]*"
        case ToolCallPart():
            yield f"*asks for {code(part.name)}*"
        case _:
            yield f"*[{part.type}]*"
