"""Every event a transcript can hold, as one discriminated union.

An event says *what* was entered. When, in which place and because of what stands around it in an `Entry`. A line of a
stored transcript is the JSON of an entry; the tables below are its format, version `SCHEMA_VERSION`:

    {"v":1,"seq":7,"at":1763834400.25,"active":1.5,"cause":6,"prev":"<sha256 hex>","event":{"kind":"said",...}}

Events fall into three classes, which is who may bring them about:
  rulings  what the policy decides (Opened, RunStarted, TurnGiven, Refused, CallDenied, Closed, ...);
  offers   what an agent's turn brings (Said, CallStarted, CallFinished, StateSet, TurnFailed, ...);
  inputs   what comes from outside at any time (Said by a person, Answered, Interrupted, ExternalSignal, TimeUp, ...).
Kinds that no code emits yet are here all the same: a log written later must not need a new format.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal, NamedTuple, TypeAlias

from pydantic import Field, JsonValue

from agentchat.transcript.calls import CallRecipe, CallResult, JsonObject, Problem, Reserved
from agentchat.transcript.frozen import Frozen
from agentchat.transcript.messages import Body

SCHEMA_VERSION = 1


class Position(Frozen):
    """A place in another conversation: its id and a sequence number there."""

    conversation: str
    seq: int


class Opened(Frozen):
    """A conversation begins. `charter` is what was agreed, in full (see `policy.charter`)."""

    kind: Literal["opened"] = "opened"
    conversation: str
    charter: JsonObject
    parent: Position | None = None


class RunStarted(Frozen):
    """A run begins, under these rules and this budget, decided by this version of the policy."""

    kind: Literal["run_started"] = "run_started"
    run: int
    rules: JsonObject
    budget: JsonObject
    policy: int


class Said(Frozen):
    """A message. Everyone sees it, or with `to` only sender and addressee.

    Where the message is word for word the result of calls, `body` is absent and `from_calls` names their CallFinished
    events: the payload is stored once. With `type`, the JSON in the reply is the value of the message type of that
    name. `turn` is the TurnGiven it answers; absent for people and programs. `id` is the caller's own id of the
    command, for telling a repetition.
    """

    kind: Literal["said"] = "said"
    sender: str
    to: str | None = None
    body: Body | None = None
    from_calls: tuple[int, ...] | None = None
    type: str | None = None
    skipped: int | None = None
    turn: int | None = None
    id: str | None = None


class Why(Frozen):
    """Why an agent got the turn: who chose, by what, among whom, looking at which values."""

    router: str
    reason: str
    candidates: tuple[str, ...] | None = None
    values: JsonObject | None = None


class TurnGiven(Frozen):
    """An agent is to act on the message `subject`. It sees the log up to here, and its own calls."""

    kind: Literal["turn_given"] = "turn_given"
    to: str
    subject: int
    why: Why


class TurnPassed(Frozen):
    """The agent had nothing to say."""

    kind: Literal["turn_passed"] = "turn_passed"
    turn: int


class TurnFailed(Frozen):
    """The turn ended in an error; what was recorded of it stays."""

    kind: Literal["turn_failed"] = "turn_failed"
    turn: int
    error: Problem


class TurnCancelled(Frozen):
    """The turn was stopped from outside before it ended."""

    kind: Literal["turn_cancelled"] = "turn_cancelled"
    turn: int
    reason: str


class Refused(Frozen):
    """An agent's answer was not accepted, or a tool call that a model asked for: recorded, never delivered.

    `raw` is the answer, absent where `from_calls` names the calls that gave it. `by`: who found the problems, the
    policy or the agent's own check (a class, a validator). `tool_call_id`: the tool call that was not made.
    """

    kind: Literal["refused"] = "refused"
    turn: int
    by: Literal["policy", "agent"] = "policy"
    raw: JsonValue = None
    problems: tuple[str, ...]
    from_calls: tuple[int, ...] | None = None
    type: str | None = None
    tool_call_id: str | None = None


class CallStarted(Frozen):
    """A call was admitted and is about to be made.

    `key` is the same for every attempt of one call, across retries and restarts. `digest` is the SHA-256 of the bytes
    of the request. `ordinal` is the call's place in the program order of its turn, from 1.
    """

    kind: Literal["call_started"] = "call_started"
    turn: int
    agent: str
    ordinal: int
    attempt: int
    key: str
    recipe: CallRecipe
    digest: str
    reserved: Reserved | None = None


class CallDenied(Frozen):
    """A call was not admitted: nothing was done. model, reserved: which one was asked, and what it would set aside."""

    kind: Literal["call_denied"] = "call_denied"
    turn: int
    agent: str
    ordinal: int
    attempt: int
    call: Literal["model", "code", "tool", "ask"]
    digest: str
    reason: str
    values: JsonObject
    model: str | None = None
    reserved: Reserved | None = None
    tool_call_id: str | None = None


class CallFinished(Frozen):
    """The call `call` (a CallStarted) came back with a result.

    `taken_from`: the call was not made; its result is the one that stands there, in another record.
    """

    kind: Literal["call_finished"] = "call_finished"
    call: int
    result: CallResult
    taken_from: Position | None = None


class CallFailed(Frozen):
    """The call came back with an error. `retry_after` is seconds, where the other side named them."""

    kind: Literal["call_failed"] = "call_failed"
    call: int
    error: Problem
    retryable: bool
    retry_after: float | None = None
    partial: str | None = None
    taken_from: Position | None = None


class CallCancelled(Frozen):
    """The call was stopped; `partial` is the text that had arrived."""

    kind: Literal["call_cancelled"] = "call_cancelled"
    call: int
    reason: str
    partial: str | None = None


class CallInDoubt(Frozen):
    """On resuming, a started call had no result; `policy` is what was done about it."""

    kind: Literal["call_in_doubt"] = "call_in_doubt"
    call: int
    policy: Literal["retry", "fail", "ask", "reconcile"]


class Diverged(Frozen):
    """On re-running a turn, its code asked for another call than the recorded one."""

    kind: Literal["diverged"] = "diverged"
    turn: int
    ordinal: int
    recorded: str
    now: str


class Overrun(Frozen):
    """A call cost more than it had reserved; no further call is admitted."""

    kind: Literal["overrun"] = "overrun"
    call: int
    values: JsonObject


class StateSet(Frozen):
    """An agent's private state, whole; `ordinal` is its place among the state changes of the turn, from 1."""

    kind: Literal["state_set"] = "state_set"
    turn: int
    agent: str
    ordinal: int
    state: JsonValue = None


class Paused(Frozen):
    """The conversation waits for a person; `pause` names the question."""

    kind: Literal["paused"] = "paused"
    pause: str
    call: int
    question: str
    answer_schema: JsonObject
    to: str


class Answered(Frozen):
    """A person answered the question `pause`."""

    kind: Literal["answered"] = "answered"
    pause: str
    value: JsonValue = None
    by: str
    id: str | None = None


class Interrupted(Frozen):
    """A person stopped the run."""

    kind: Literal["interrupted"] = "interrupted"
    by: str
    reason: str | None = None


class ExternalSignal(Frozen):
    """A signal from a program outside, by name."""

    kind: Literal["external"] = "external"
    name: str
    value: JsonValue = None
    by: str | None = None


class TimeUp(Frozen):
    """The time of a rule or of the budget is over; `active` is seconds of the run so far."""

    kind: Literal["time_up"] = "time_up"
    rule: str
    active: float


class Judged(Frozen):
    """The verdict of a user's function on an event; `error` where it raised instead."""

    kind: Literal["judged"] = "judged"
    name: str
    on: int
    value: JsonValue = None
    error: Problem | None = None


class Warned(Frozen):
    """A limit draws near."""

    kind: Literal["warned"] = "warned"
    reason: str
    values: JsonObject


class Taken(Frozen):
    """A process took the conversation over; calls still open from before are in doubt."""

    kind: Literal["taken"] = "taken"
    owner: str
    epoch: int


class Released(Frozen):
    """A process let go of the conversation, on purpose."""

    kind: Literal["released"] = "released"
    owner: str
    epoch: int


class Compacted(Frozen):
    """For one agent, everything up to `upto` is now stood for by the summary that `call` gave."""

    kind: Literal["compacted"] = "compacted"
    agent: str
    upto: int
    call: int


class PersonaChanged(Frozen):
    """An agent's card was replaced; its next request starts a new base."""

    kind: Literal["persona_changed"] = "persona_changed"
    agent: str
    card: JsonObject
    author: str
    reason: str


class Forked(Frozen):
    """This log goes on from a position of another one: what stands before is that one's, and is not copied.

    `branch` is the id of the conversation that begins here. Calls that were open at the fork count as not made; with
    `anew`, turns that were going on are given up, else they go on with what is recorded of them.
    """

    kind: Literal["forked"] = "forked"
    parent: Position
    branch: str
    author: str | None = None
    reason: str | None = None
    anew: bool = False


class Edited(Frozen):
    """Someone changed what follows from here on: the act, its target event, and the new value (see `edits`)."""

    kind: Literal["edited"] = "edited"
    act: Literal["replace", "remove", "insert", "result", "rules", "budget", "agreement"]
    target: int | None = None
    value: JsonValue = None
    author: str
    reason: str


class Scrubbed(Frozen):
    """The payload of an event was removed for good; `digest` is that of the line as it was."""

    kind: Literal["scrubbed"] = "scrubbed"
    target: int
    digest: str
    author: str
    reason: str


OutcomeKind = Literal["done", "limit", "failed", "interrupted", "stopped"]


class Closed(Frozen):
    """A run ended: the kind of ending, the rule and the event it fired on, the values it saw, and what to do next."""

    kind: Literal["closed"] = "closed"
    outcome: OutcomeKind
    rule: str
    event: int
    values: JsonObject
    reason: str
    advice: str


CALL_ENDS: Final = (CallFinished, CallFailed, CallCancelled)
"""How a call ends that is not lost."""

CALL_OVER: Final = (CallFinished, CallFailed, CallCancelled, CallInDoubt)
"""How a call ends, lost ones too."""

CallOver: TypeAlias = CallFinished | CallFailed | CallCancelled | CallInDoubt
"""One of those."""

Event = (
    Opened
    | RunStarted
    | Said
    | TurnGiven
    | TurnPassed
    | TurnFailed
    | TurnCancelled
    | Refused
    | CallStarted
    | CallDenied
    | CallFinished
    | CallFailed
    | CallCancelled
    | CallInDoubt
    | Diverged
    | Overrun
    | StateSet
    | Paused
    | Answered
    | Interrupted
    | ExternalSignal
    | TimeUp
    | Judged
    | Warned
    | Taken
    | Released
    | Compacted
    | PersonaChanged
    | Forked
    | Edited
    | Scrubbed
    | Closed
)
AnyEvent = Annotated[Event, Field(discriminator="kind")]


class Entry(NamedTuple):
    """An event in its place.

    seq: place in the log, from 1. at: wall clock, seconds since 1970 UTC, for information only. active: monotonic
    seconds of the current run so far, summed over processes. cause: the entry that brought this one about; 0 for none.
    prev: SHA-256 (hex) of the stored bytes of the line before; 64 zeros for the first.
    """

    seq: int
    at: float
    active: float
    cause: int
    prev: str
    event: Event
