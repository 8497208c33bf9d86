"""Every protocol of the package on one page. Each has at least two real implementations and one conformance suite.

A seam says what both sides rely on and nothing about how it is done. What crosses a seam is plain data from
`transcript/` and `policy/`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, TypeAlias, runtime_checkable

from pydantic import BaseModel, JsonValue

from agentchat.policy.cards import ModelCard, ToolCard
from agentchat.policy.charter import AgentCard
from agentchat.policy.prompts.request import ModelRequest
from agentchat.transcript.calls import JsonObject, Reply, Reserved, ToolResult
from agentchat.transcript.events import Entry, Event, Position
from agentchat.transcript.frozen import Frozen
from agentchat.transcript.messages import CodeRun
from agentchat.transcript.transcript import Message, Transcript

# Models


class Model(Protocol):
    """Answers requests. One object may serve many conversations at once."""

    def card(self) -> ModelCard:
        """The name and fixed settings, as the charter records them. Raises ConfigurationError for bad settings."""
        ...

    async def complete(self, request: ModelRequest, emit: Callable[[str], None]) -> Reply:
        """Make one attempt, and only one. `emit` takes text as it arrives.

        Raises a ModelError for whatever goes wrong on the way. Cancellation must end the request.
        """
        ...


# Tools


class ToolCallContext(NamedTuple):
    """Where a call comes from. `key` is the same on every attempt at the same call, so that a tool can see a repeat.

    call: the part of the key that names the call within its conversation. store: where the conversation is kept, and
    one that is held inside it is to be. ask: for a `Holder`, a way to pass on what is asked inside.
    """

    key: str
    conversation: str
    agent: str
    call: str = ""
    store: Store | None = None
    ask: Asks | None = None


class Asks(Protocol):
    """Puts a question to whoever is asked in a conversation."""

    async def __call__(self, question: str, text: str, schema: JsonObject, to: str) -> PersonAnswer:
        """Wait for the answer, as JSON that fits the schema. question: an id, the same whenever it is put again."""
        ...


@runtime_checkable
class Tool(Protocol):
    """Something a model may call. One object may serve many conversations at once."""

    @property
    def name(self) -> str:
        """The name that models call it by."""
        ...

    def card(self) -> ToolCard:
        """The tool as the charter records it and as models are told of it."""
        ...

    def check(self, arguments: str) -> JsonObject | list[str]:
        """What a model wrote as arguments: the object, or what is wrong with it, worded for the model. Never raises."""
        ...

    async def call(self, arguments: JsonObject, context: ToolCallContext) -> JsonValue:
        """Do it, with arguments that passed `check`. Raises ToolError for whatever goes wrong in the tool."""
        ...


@runtime_checkable
class Holder(Protocol):
    """A tool behind which another conversation is held: an agent or a team as a tool."""

    async def hold(
        self, arguments: JsonObject, context: ToolCallContext, parent: Position, allowance: Reserved | None
    ) -> ToolResult:
        """Hold it, within what may be spent; the result names the conversation and what it has cost."""
        ...


# Sandboxes


class Limits(NamedTuple):
    """Bounds of one program.

    seconds: wall clock. memory: bytes of one process; all together may hold twice that. processes: how many at once.
    output: bytes kept of stdout and stderr together. files: bytes of each folder it may write to, and of one file.
    """

    seconds: float = 30.0
    memory: int = 2 * 1024**3
    processes: int = 64
    output: int = 64 * 1024
    files: int = 64 * 1024**2


class Sandbox(Protocol):
    """Runs programs that nobody trusts."""

    name: str

    def languages(self) -> frozenset[str]:
        """The languages it can run, lower case ("python", "bash")."""
        ...

    async def probe(self) -> str | None:
        """None when it works on this machine, else one sentence that says what is missing and how to get it."""
        ...

    async def run(self, source: str, language: str, limits: Limits) -> CodeRun:
        """Run one program to its end and say what it did. A failing program is a result, never an exception.

        Raises SandboxError when nothing could be run. Cancellation kills every process of the program first.
        """
        ...


# Stores


class Head(NamedTuple):
    """The last entry of a conversation's log: its place, and the SHA-256 of its stored line.

    parent: where it goes on from, for a branch whose first entries are kept with another conversation.
    """

    conversation: str
    seq: int
    digest: str
    parent: Position | None = None


class Glance(NamedTuple):
    """A look at a conversation without reading it.

    first: the lines of its first entries, of those that are kept with it: of a branch, those behind the fork. last:
    that of its last entry. Where they are lost, they are missing here too. owner: the living process that holds it.
    """

    head: Head
    first: tuple[bytes, ...]
    last: bytes | None
    owner: str | None = None


class Lease(NamedTuple):
    """Who holds a conversation. `epoch` goes up by one with every holder."""

    conversation: str
    owner: str
    epoch: int


class Log(Protocol):
    """The lines of conversations, append only."""

    async def append(
        self, conversation: str, lines: Sequence[bytes], *, after: int, blobs: Mapping[str, bytes] | None = None
    ) -> None:
        """Write lines behind entry `after` (0: a new conversation), all or none, with the payloads they refer to.

        Durable when it returns, where the store is; where it is cancelled, nothing was written. Raises Conflict when
        the head is not at `after`, BadName, StoreUnavailable, and where one file holds one conversation also
        ConversationExists and a TranscriptError.
        """
        ...

    async def read(self, conversation: str, *, after: int = 0) -> list[bytes]:
        """The lines after entry `after`. Raises NoSuchConversation, BadName, a TranscriptError, StoreUnavailable."""
        ...

    async def heads(self) -> list[Head]:
        """The head of every conversation, in order of their ids."""
        ...


class Branches(Protocol):
    """Conversations that go on from a position of another one, and the end of one that nobody wants any more."""

    async def fork(
        self,
        conversation: str,
        lines: Sequence[bytes],
        *,
        parent: Position,
        blobs: Mapping[str, bytes] | None = None,
    ) -> None:
        """Begin a conversation behind the entry `parent.seq` of another one; `lines` are the first of its own.

        It is kept in `beside(conversation)`. Where a store keeps many conversations, nothing of the parent is copied,
        and a fork costs one commit however long the parent is. Durable when it returns, where the store is. Raises
        NoSuchConversation, NoSuchEvent, ConversationExists, BadName, StoreUnavailable.
        """
        ...

    async def remove(self, conversation: str, *, after: int | None = None) -> None:
        """Remove a conversation for good, with the payloads that no other one refers to.

        after: only while the head is there. Raises NoSuchConversation, HasBranches, LeaseHeld, Conflict, BadName,
        StoreUnavailable.
        """
        ...


class Index(Protocol):
    """What a list of conversations needs to know of each, without reading all of them."""

    async def glances(self, first: int = 1) -> list[Glance]:
        """A look at every conversation, in order of their ids; `first` lines of each. Raises StoreUnavailable."""
        ...


class Blobs(Protocol):
    """Payloads too large for a line, by SHA-256."""

    async def get_blob(self, name: str) -> bytes:
        """The payload. Raises KeyError."""
        ...


class Leases(Protocol):
    """At most one live holder a conversation."""

    async def take(self, conversation: str, owner: str) -> Lease:
        """Become the holder. A dead holder's lease is taken over. Raises LeaseHeld, BadName, StoreUnavailable."""
        ...

    async def renew(self, lease: Lease) -> int:
        """Say that the holder lives; answer the sequence number of the head (0: none). Raises LeaseLost."""
        ...

    async def release(self, lease: Lease) -> None:
        """Let go. Releasing what is no longer held does nothing."""
        ...


class Store(Log, Branches, Index, Blobs, Leases, Protocol):
    """All that a conversation keeps."""

    @property
    def beat(self) -> float | None:
        """Seconds between renewals of a lease; None where no other process can look."""
        ...

    def beside(self, conversation: str) -> Store:
        """Where a conversation is kept that is held inside one of this store: here, or in a file of its own."""
        ...

    async def aclose(self) -> None:
        """Let go of files; using it again opens them again."""
        ...


# The bus


Handler: TypeAlias = "Callable[[Parcel], Awaitable[Event]]"


class Parcel(NamedTuple):
    """A turn on its way to the agent's host: the conversation and the TurnGiven entry."""

    conversation: str
    entry: Entry


class Delta(NamedTuple):
    """Text of a model as it arrives; never stored.

    call: the event of the call. agent: whose model it is. missed: whether text before it was not delivered: it was
    dropped for a slow reader, or there before anybody listened.
    """

    call: int
    agent: str
    text: str
    missed: bool = False


class Bus(Protocol):
    """Carries turns to hosts, ordered per conversation."""

    def serve(self, address: str, handler: Handler) -> Callable[[], None]:
        """Take what is sent to an address. Returns the act of leaving. Raises ConfigurationError for a taken one."""
        ...

    async def call(self, address: str, parcel: Parcel) -> Event:
        """Send and wait for the answer. Raises ConfigurationError when nobody serves the address."""
        ...


class Feed(Protocol):
    """Tells listeners what was entered. Entries always arrive; deltas are dropped for a slow reader, and marked."""

    def publish(self, conversation: str, item: Entry | Delta) -> None:
        """Tell everyone who listens; never waits."""
        ...

    def subscribe(self, conversation: str) -> Subscription:
        """Listen from now on."""
        ...


class Subscription(Protocol):
    """One listener: an async iterator that ends when it is closed. No generator: it may be left at any time."""

    def __aiter__(self) -> Subscription:
        """Itself."""
        ...

    async def __anext__(self) -> Entry | Delta:
        """The next item, in order."""
        ...

    def close(self) -> None:
        """Stop listening. What was published before is still delivered."""
        ...


# Agents


class Turn(Protocol):
    """What an agent may do in its turn. The acts are those of `runtime.turn.LiveTurn`."""

    @property
    def agent(self) -> str:
        """The agent's name."""
        ...

    @property
    def conversation(self) -> str:
        """The conversation's id."""
        ...

    @property
    def transcript(self) -> Transcript:
        """The whole record so far."""
        ...

    @property
    def subject(self) -> Message:
        """The message to answer."""
        ...

    @property
    def messages(self) -> tuple[Message, ...]:
        """The messages this agent sees, oldest first."""
        ...

    @property
    def state(self) -> Any:
        """The agent's state in this conversation: its state class as last set, at first with that class's defaults.

        None for an agent that has no state class.
        """
        ...

    async def set_state(self, state: BaseModel) -> None:
        """Record a new state."""
        ...

    @property
    def joined(self) -> tuple[Message, ...]:
        """The messages of a join, in the order of its edge; the subject alone where there is none."""
        ...

    async def reply(self) -> Says:
        """Let the agent's model answer: call the tools it asks for, have wrong answers put right, give back the last.

        Raises AnswerRefused where no answer fits.
        """
        ...

    def model(self, prompt: str | None = None, *, history: bool = True) -> Awaitable[ModelAnswer]:
        """Ask the agent's model, once. `prompt` is added as a user message; without `history` it is all it sees.

        The answer has `.text` and the whole `.reply`; returned from the agent's function, it is said as it stands.
        """
        ...

    def tool(self, name: str, **arguments: JsonValue) -> Awaitable[ToolAnswer]:
        """Call one of the agent's tools. The answer has `.ok`, and `.value`: the result as JSON, or what went wrong."""
        ...

    def ask(self, question: str, answer: type = bool, *, to: str = "user") -> Awaitable[PersonAnswer]:
        """Ask a person; `answer` is what they are to give: bool, str, or a pydantic model.

        The answer has `.value`, of that type, and `.by`. Where nobody is there, the run is left until it is answered.
        """
        ...

    def code(self, source: str, language: str = "python", *, changed: bool = False) -> Awaitable[CodeAnswer]:
        """Run a program in the agent's sandbox; the answer has `.run`: `.ok`, `.stdout`, `.stderr`.

        changed: a person put it in place of the one that was asked for.
        """
        ...

    async def gather(self, *calls: Awaitable[Any]) -> list[Any]:
        """Make several calls at once (models, tools, programs, questions); their answers in the order given."""
        ...


class ModelAnswer(NamedTuple):
    """A model's reply, and the CallFinished it was recorded as. Returned by an agent, it is said as it stands."""

    reply: Reply
    call: int

    @property
    def text(self) -> str:
        """The reply's text."""
        return self.reply.text


class ToolAnswer(NamedTuple):
    """What a tool gave back, and the CallFinished it was recorded as. `ok` is False where `value` says what failed."""

    result: ToolResult
    call: int

    @property
    def ok(self) -> bool:
        """Whether the tool did it."""
        return self.result.ok

    @property
    def value(self) -> JsonValue:
        """What it gave back."""
        return self.result.value


class PersonAnswer(NamedTuple):
    """What a person answered, who it was, and the CallFinished it was recorded as."""

    value: Any
    by: str
    call: int


class Approval(Frozen):
    """What a person says to an act that needs their word; the reason goes to the agent.

    instead: with a yes, what is to be done in place of what was asked for: another program, or other arguments as JSON.
    The agent is told of it.
    """

    yes: bool
    reason: str | None = None
    instead: str | None = None


class TypedAnswer(NamedTuple):
    """An answer of a model that was validated: the message, its type, and the CallFinished of the reply it came in.

    verbatim: the reply is the JSON of the message as it stands, so that nothing is stored twice. value: that JSON.
    """

    model: BaseModel | str
    type: str
    call: int
    verbatim: bool
    value: JsonValue


class CodeAnswer(NamedTuple):
    """What a program did, and the CallFinished it was recorded as."""

    run: CodeRun
    call: int


class CodeAnswers(NamedTuple):
    """Several programs' results as one message: what a user proxy says. `skipped` counts programs not run."""

    answers: tuple[CodeAnswer, ...]
    skipped: int = 0


Says: TypeAlias = BaseModel | str | ModelAnswer | TypedAnswer | CodeAnswer | CodeAnswers | None
"""What an agent may return from a turn; None says nothing."""


class Agent(Protocol):
    """Takes turns. It keeps nothing between turns on itself: one object may serve many conversations at once."""

    @property
    def name(self) -> str:
        """The name."""
        ...

    @property
    def model(self) -> Model | None:
        """What its model calls go to."""
        ...

    @property
    def fallbacks(self) -> Sequence[Model]:
        """What they go to where that fails, in order."""
        ...

    @property
    def stronger(self) -> Model | None:
        """What the last repair of an answer goes to."""
        ...

    @property
    def tools(self) -> Sequence[Tool]:
        """What its model may call."""
        ...

    @property
    def check(self) -> Callable[[Any], object] | None:
        """A further check of its typed answers: raises ValueError, or says what is right in their place."""
        ...

    @property
    def sandbox(self) -> Sandbox | str | None:
        """Where its code runs."""
        ...

    @property
    def state_type(self) -> type[BaseModel] | None:
        """The class of its private state."""
        ...

    @property
    def types(self) -> Mapping[str, type[BaseModel]]:
        """The message classes it knows, by name."""
        ...

    def card(self) -> AgentCard:
        """The agent as the charter records it."""
        ...

    async def respond(self, turn: Turn) -> Says:
        """Act on `turn.subject`. An exception fails the turn by name."""
        ...


def lacking(thing: object, seam: type) -> str:
    """What an object lacks to be of a seam, in words ("it has no card, no complete"); empty where nothing.

    Whether it does what it should shows when it is used.
    """
    told = {name for part in seam.__mro__[:-1] for name in (*vars(part), *vars(part).get("__annotations__", ()))}
    missing = sorted(name for name in told if not name.startswith("_") and not _has(thing, name))
    return f"it has no {', no '.join(missing)}" if missing else ""


def _has(thing: object, name: str) -> bool:
    try:
        getattr(thing, name)
    except AttributeError:
        return False
    except Exception:
        return True  # a property that has something to complain of: told where it is needed
    return True


# Time and names


class Clock(Protocol):
    """Where time comes from; injected, so that a scripted run can be repeated to the byte."""

    def wall(self) -> float:
        """Seconds since 1970, UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds from any start, never going back."""
        ...
