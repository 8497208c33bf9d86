"""Acts on the outside world as they are written down: what was asked, what came back, what it cost.

A request is kept as a *recipe*: the call it continues, plus what was appended. A recipe is made of *pieces*, short
strings that are either literal text or a pointer into the log, so the exact bytes of a request can be rebuilt by
concatenation alone, without the code that once chose them:

    =some text            the text after the equals sign
    @7/result/stdout      the string at that path inside the event with sequence number 7
    @7/result/stdout[3:9] its characters 3 to 9 (a Python slice)
    ~7/result/stdout      the same as it stands inside a JSON string: escaped, without the quotes
    %7/body/value         the value at that path as compact JSON
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Field, JsonValue

from agentchat.transcript.frozen import Frozen
from agentchat.transcript.messages import CodeRun, Part, ToolCallPart, text_of

JsonObject = dict[str, JsonValue]
Piece = str


class Usage(Frozen):
    """Tokens as the provider counted them. None means the provider did not say: unknown, never zero."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_input_tokens: int | None = None
    reasoning_tokens: int | None = None


class Reply(Frozen):
    """What a model answered. `finish` is the provider's word for why it stopped (stop, length, tool_calls, ...)."""

    of: Literal["model"] = "model"
    parts: tuple[Part, ...]
    finish: str
    model: str | None = None
    usage: Usage | None = None
    response_id: str | None = None

    @property
    def text(self) -> str:
        """The text parts, joined."""
        return text_of(self.parts)

    @property
    def tool_calls(self) -> tuple[ToolCallPart, ...]:
        """The tools the model asks for, in its order."""
        return tuple(part for part in self.parts if isinstance(part, ToolCallPart))


class Share(Frozen):
    """Model calls, tokens of input and output together, US dollars. None is not counted."""

    calls: int | None = None
    tokens: int | None = None
    usd: float | None = None


class Reserved(Share):
    """What a call may cost at most, set aside before it is made; what a child conversation has cost.

    tiers: how much of it may go, or has gone, to the models of single tiers; only a conversation inside another has it.
    """

    tiers: dict[str, Share] | None = None


Measured: TypeAlias = Literal["tokens", "usd"]
"""Units in which a call has to say what it took."""


class ToolResult(Frozen):
    """What a tool gave back; where `ok` is False, `value` is the text that says what went wrong.

    type: that of the value, where it may be one of several. child: the id of the conversation that was held to get it.
    spent: what that one cost, and uncounted: in which units that is a lower bound, for some of its calls did not say
    what they took. limit: why it stopped at a limit, where it did so without an output.
    """

    of: Literal["tool"] = "tool"
    ok: bool
    value: JsonValue = None
    child: str | None = None
    spent: Reserved | None = None
    uncounted: tuple[Measured, ...] | None = None
    limit: str | None = None
    type: str | None = None


class Answer(Frozen):
    """What a person answered to a question."""

    of: Literal["ask"] = "ask"
    value: JsonValue = None
    by: str


CallResult = Annotated[Reply | CodeRun | ToolResult | Answer, Field(discriminator="of")]


class ToolSpec(Frozen):
    """A tool as a model is told of it: `parameters` is a JSON schema."""

    name: str
    description: str
    parameters: JsonObject


Wire = Literal["chat", "responses"]
"""The two forms of a request: chat completions, and the Responses API."""

OutputMode = Literal["native", "tool", "prompted"]
"""How a typed answer is asked for: by a schema the server enforces, by a tool that takes it, or by words alone."""

Item = tuple[Literal["system", "user", "assistant", "raw"], tuple[Piece, ...]]
"""One message of a request: its role, and the pieces of its text; with "raw", the pieces are the message's JSON.
A plain tuple: there are two for every turn."""


class ModelRecipe(Frozen):
    """A model call: everything the request of `base` held, then `add`, then the settings of `tail`.

    `base` is the sequence number of an earlier CallStarted. `tail` are the pieces that close the request; None means
    those of `base`. `context` says that the messages are what the agent's model is shown of the conversation, and
    which policy chose them; None: the agent's own code added to them. `output`: how a typed answer was asked for.
    """

    call: Literal["model"] = "model"
    model: str
    wire: Wire = "chat"
    base: int | None = None
    add: tuple[Item, ...] = ()
    tail: tuple[Piece, ...] | None = None
    context: Literal["all"] | None = None
    output: OutputMode | None = None


class CodeRecipe(Frozen):
    """A program to run: its language, and its source in pieces.

    changed: a person has it run in place of the one that an agent asked for.
    """

    call: Literal["code"] = "code"
    language: str
    source: tuple[Piece, ...]
    sandbox: str
    changed: Literal[True] | None = None


class ToolRecipe(Frozen):
    """A tool to call with arguments that passed its schema.

    changed: they are a person's, in place of those that the model gave.
    """

    call: Literal["tool"] = "tool"
    name: str
    arguments: JsonObject
    tool_call_id: str | None = None
    changed: Literal[True] | None = None


class AskRecipe(Frozen):
    """A question to a person; `answer_schema` is the JSON schema that an answer must fit.

    tool_call_id: the tool call that it asks to approve, if it is about one.
    """

    call: Literal["ask"] = "ask"
    question: str
    answer_schema: JsonObject
    to: str
    tool_call_id: str | None = None


CallRecipe = Annotated[ModelRecipe | CodeRecipe | ToolRecipe | AskRecipe, Field(discriminator="call")]


class Problem(Frozen):
    """Something that went wrong, as data: the name of the error, its message, and where (file:line) if known."""

    type: str
    message: str
    where: str | None = None
