"""What agents and people say: message parts and message bodies.

A body is what one message carries. The parts inside a text are named as the OpenTelemetry GenAI conventions name
them (text, reasoning, tool_call, tool_call_response, blob, file, uri), so that an export needs no translation.
Nothing in this file knows who speaks, when, or to whom: that is `events.Said`.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Mapping
from typing import Annotated, Final, Literal, TypeVar

from pydantic import BaseModel, Field, JsonValue, ValidationError

from agentchat.errors import ConfigurationError
from agentchat.transcript.frozen import Frozen

Known = TypeVar("Known", bound=BaseModel)


class TextPart(Frozen):
    """Plain text, kept byte for byte as it was said."""

    type: Literal["text"] = "text"
    content: str


class ReasoningPart(Frozen):
    """What a model thought before it answered, where the provider shows it. `signature` is opaque, sent back as is."""

    type: Literal["reasoning"] = "reasoning"
    content: str
    signature: str | None = None


class ToolCallPart(Frozen):
    """A model asks for a tool. `arguments` is the raw text the model wrote: it may be no JSON at all.

    `ToolCallPart.of("refund", order=4711)` makes one from arguments, for scripts and tests.
    """

    type: Literal["tool_call"] = "tool_call"
    id: str
    name: str
    arguments: str

    @classmethod
    def of(cls, tool: str, /, **arguments: JsonValue) -> ToolCallPart:
        """A call of a tool with these arguments; its id is `call_` and the tool's name."""
        return cls(id=f"call_{tool}", name=tool, arguments=json.dumps(arguments, ensure_ascii=False))


class ToolCallResponsePart(Frozen):
    """The result of a tool call, as its own agent sees it."""

    type: Literal["tool_call_response"] = "tool_call_response"
    id: str
    response: str


class BlobPart(Frozen):
    """Bytes carried with the message, as base64 text."""

    type: Literal["blob"] = "blob"
    mime_type: str
    content: str


class FilePart(Frozen):
    """A file that the provider already holds, by its id."""

    type: Literal["file"] = "file"
    file_id: str
    mime_type: str | None = None


class UriPart(Frozen):
    """Something to be fetched by whoever reads the message."""

    type: Literal["uri"] = "uri"
    uri: str
    mime_type: str | None = None


Part = Annotated[
    TextPart | ReasoningPart | ToolCallPart | ToolCallResponsePart | BlobPart | FilePart | UriPart,
    Field(discriminator="type"),
]


def text_of(parts: tuple[Part, ...]) -> str:
    """The text parts joined; reasoning, tools and files left out."""
    if len(parts) == 1 and isinstance(parts[0], TextPart):
        return parts[0].content
    return "".join(part.content for part in parts if isinstance(part, TextPart))


class Text(Frozen):
    """An ordinary message. `Text.of("...")` makes one from a string; `.text` reads it back."""

    kind: Literal["text"] = "text"
    parts: tuple[Part, ...]

    @classmethod
    def _told(cls, error: ValidationError) -> str:
        return f"{super()._told(error)}. Text.of('...') makes one from a string"

    @classmethod
    def of(cls, text: str) -> Text:
        """A message of one text part."""
        return cls(parts=(TextPart(content=text),))

    @property
    def text(self) -> str:
        """The text parts, joined."""
        return text_of(self.parts)


class Code(Frozen):
    """A program to run, said outright rather than inside a fence."""

    kind: Literal["code"] = "code"
    language: str = "python"
    source: str

    @property
    def text(self) -> str:
        """The source."""
        return self.source


class SavedFile(Frozen):
    """A file that a program left behind: its name, which is one line, and its bytes as base64 text."""

    name: str
    mime_type: str
    content: str

    @property
    def size(self) -> int:
        """Its bytes, counted."""
        return len(self.content) // 4 * 3 - self.content[-2:].count("=")

    @property
    def label(self) -> str:
        """What it is, on one line, for people and for models alike."""
        return f"{self.name}: {self.mime_type}, {self.size} bytes"


RunStatus = Literal["ok", "error", "timeout", "killed", "unsupported"]


class CodeRun(Frozen):
    """What one program did. Only `status` tells success: text of the output never does.

    status: `ok` (exit code 0), `error` (another exit code), `timeout` (stopped by the wall clock), `killed` (ended by
    a limit or a signal), `unsupported` (the language cannot run here; nothing ran). `seconds` is wall time. `stdout`
    and `stderr` are capped by the sandbox's limits; `truncated` says that something was cut off. `files` are the
    pictures that it left in the folder it started in; where there were more, `detail` says so.
    """

    of: Literal["code"] = "code"
    language: str
    status: RunStatus
    exit_code: int | None = None
    stdout: str = ""
    stderr: str = ""
    truncated: bool = False
    seconds: float = 0.0
    detail: str | None = None
    files: tuple[SavedFile, ...] = Field(default=(), exclude_if=lambda files: not files)

    @property
    def ok(self) -> bool:
        """True when the program ran and ended with exit code 0."""
        return self.status == "ok"


class CodeResult(Frozen):
    """What the code in a message did: one `CodeRun` a block, in order, up to and with the first failure.

    `skipped` counts the blocks behind a failure, which were not run.
    """

    kind: Literal["code_result"] = "code_result"
    runs: tuple[CodeRun, ...]
    skipped: int = 0

    @property
    def ok(self) -> bool:
        """True when every block ran and none failed."""
        return self.skipped == 0 and all(run.ok for run in self.runs)

    @property
    def text(self) -> str:
        """A plain account for people: status, then output, block by block."""
        lines = [piece for run in self.runs for piece in _account(run)]
        if self.skipped:
            lines.append(f"{self.skipped} later block(s) not run.")
        return "\n".join(lines)


def _account(run: CodeRun) -> list[str]:
    lines = [outcome_line(run)]
    lines += [stream.rstrip("\n") for stream in (run.stdout, run.stderr) if stream]
    return [*lines, *map(saved_line, run.files)]


def saved_line(file: SavedFile) -> str:
    """One line that names a file a program left behind, for people and for models alike."""
    return f"[saved {file.label}]"


def outcome_line(run: CodeRun) -> str:
    """One line that says how a program ended, for people and for models alike."""
    ending = {
        "ok": "finished, exit code 0",
        "error": f"failed, exit code {run.exit_code}",
        "timeout": "stopped: it took too long",
        "killed": "killed by a limit or a signal",
        "unsupported": "not run",
    }[run.status]
    return f"[{run.language}: {ending}{_notes(run)}]"


def ending_of(run: CodeRun) -> str:
    """The same for people alone, with how long it took."""
    ending = {
        "ok": "finished with exit code 0",
        "error": f"failed with exit code {run.exit_code}",
        "timeout": "was stopped: it took too long",
        "killed": "was killed by a limit or a signal",
        "unsupported": "was not run",
    }[run.status]
    took = "" if run.status == "unsupported" else f" after {run.seconds:.2f} s"
    return f"{run.language} {ending}{took}{_notes(run)}"


def _notes(run: CodeRun) -> str:
    notes = [note for note in (run.detail, "output cut off" if run.truncated else None) if note]
    return "".join(f"; {note}" for note in notes)


class Direction(Frozen):
    """A router's choice: who is next, with which instruction, why; `answer` when the work is finished.

    `about` is the sequence number of the message that is handed on; without it, the last fitting one.
    """

    kind: Literal["direction"] = "direction"
    next: str
    instruction: str | None = None
    reason: str | None = None
    about: int | None = None
    answer: JsonValue = None

    @property
    def text(self) -> str:
        """The instruction, or the reason where there is none."""
        return self.instruction or self.reason or ""


HAND_OVER: Final = "transfer_to_"
"""What the names of the tools begin with by which an agent's model hands over."""


class Handoff(Frozen):
    """An agent gives its turn to another by name."""

    kind: Literal["handoff"] = "handoff"
    to: str
    reason: str | None = None

    @property
    def text(self) -> str:
        """The reason."""
        return self.reason or ""


class Data(Frozen):
    """A user's own typed message: the name of its model class and its fields as plain JSON.

    It stays readable where the class is unknown: `unwrap` then hands back the `Data` itself.
    """

    kind: Literal["data"] = "data"
    type: str
    value: JsonValue = None

    @property
    def text(self) -> str:
        """The fields as JSON."""
        return json.dumps(self.value, ensure_ascii=False)


Body = Annotated[Text | Code | CodeResult | Direction | Handoff | Data, Field(discriminator="kind")]

ROUTING_BODIES = (Direction, Handoff)
"""Bodies that steer a conversation rather than carry its work; `result.output` is never one of them."""


def wrap(value: object) -> Body:
    """A body from what someone gave: one of ours as it is, a string as `Text`, any other model as `Data`.

    Raises ConfigurationError for anything else.
    """
    if isinstance(value, str):
        return Text.of(value)
    if isinstance(value, Text | Code | CodeResult | Direction | Handoff | Data):
        return value
    if isinstance(value, Awaitable):
        raise ConfigurationError(f"a message is text or a pydantic model, not {type(value).__name__}: `await` it")
    if not isinstance(value, BaseModel):
        raise ConfigurationError(
            f"a message is text or a pydantic model, not {type(value).__name__}; make a class with a field for it"
        )
    return Data(type=type(value).__name__, value=json_of(value))


def unwrap(body: Body, known: Mapping[str, type[BaseModel]]) -> BaseModel:
    """The model a body stands for, validated from the recorded data; `Data` where its class is not among `known`.

    Raises pydantic's ValidationError when the recorded data does not fit the class of that name.
    """
    if isinstance(body, Data) and body.type in known:
        return read_as(known[body.type], body.value)
    return body


def json_of(model: BaseModel, *, by_alias: bool = True) -> JsonValue:
    """A model as JSON from which its class reads the same again: its dump, that without computed fields, or by name.

    Where there is none such it is the first that the class reads at all, else the dump.
    """
    usual: JsonValue = model.model_dump(mode="json", by_alias=by_alias, warnings=False)
    if stands_for(usual, model):
        return usual
    values = [
        usual,
        model.model_dump(mode="json", by_alias=by_alias, round_trip=True, warnings=False),
        model.model_dump(mode="json", by_alias=not by_alias, round_trip=True, warnings=False),
    ]
    same = [value for value in values if stands_for(value, model)]
    read = same or [value for value in values if _read(type(model), value) is not None]
    return read[0] if read else usual


def stands_for(value: JsonValue, model: BaseModel) -> bool:
    """Whether the class of a model reads this JSON as that model."""
    return _read(type(model), value) == model


def _read(kind: type[BaseModel], value: JsonValue) -> BaseModel | None:
    try:
        return read_as(kind, value)
    except ValidationError:
        return None


def read_as(kind: type[Known], value: JsonValue) -> Known:
    """The model that recorded JSON stands for: read as JSON, so that a strict class takes a date for the text it is.

    Raises pydantic's ValidationError.
    """
    return kind.model_validate_json(json.dumps(value))
