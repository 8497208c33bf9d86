"""Every error the package raises, as one tree. They carry plain data; the message says what to do.

AgentChatError
├── ConfigurationError          the team, a rule or a setting makes no sense
│   ├── NoBound                 nothing limits the conversation
│   ├── TeamFileError           a team file cannot be read
│   └── PersonaError            a persona file cannot be read
├── TranscriptError             a log that cannot be read as one
│   ├── NotATranscript          the file is something else
│   ├── DamagedTranscript       a line cannot be read, or the chain breaks there
│   ├── OutOfOrder              a sequence number is missing or comes twice
│   ├── NoSuchEvent             a place in the log that is not there, or is something else
│   ├── EditRefused             an edit of something that is not there, or with a value that does not fit
│   ├── UnknownEvent            an event kind this version does not know
│   └── NewerVersion            written by a newer version of the format
├── StoreError                  the place where transcripts are kept
│   ├── StoreUnavailable        not there, not writable, or not one of ours
│   ├── BadName                 a conversation id that no store takes
│   ├── NoSuchConversation      the id is not in the store
│   ├── ConversationExists      the id is taken
│   ├── HasBranches             others go on from it, so that it cannot be removed
│   ├── Conflict                the log went on meanwhile; read again
│   ├── LeaseHeld               another live process holds the conversation
│   └── LeaseLost               another process took the conversation over
├── ModelError                  a model call that failed; `retryable` says whether again may help
│   ├── ModelKeyMissing         no key is set for the service
│   ├── ModelUnreachable        no connection
│   ├── ModelTimeout            no complete answer within the deadline
│   ├── ModelBusy               429: too many requests
│   ├── ModelServerError        5xx
│   ├── ModelRejected           another 4xx: the request itself is not accepted
│   │   └── ModelUnsupported    400, 422, 501: its form, as far as can be told; another form may be
│   ├── ModelBadReply           an answer that cannot be read, or that broke off
│   └── RealModelForbidden      real calls are switched off
├── SandboxError                code could not be run at all
│   └── SandboxUnavailable      no sandbox passes its probe
├── CallError                   raised inside a turn by the call that it concerns
│   ├── CallNotAdmitted         the budget or a limit has no room for it
│   ├── CallFailedError         the call was made and failed
│   ├── CallUnsettled           it is unknown whether the call of an earlier process had its effect
│   ├── CallDiverged            the re-run asks for another call than the recorded one
│   ├── ConcurrentCalls         two calls at once without `turn.gather`
│   ├── AnswerRefused           no answer fits, after all repairs
│   └── NotRecorded             only recorded calls are allowed, and this one is not in the record
├── ToolError                   what a tool could not do, worded for the model
├── WrongType                   what was said is of another type than is asked for
├── AgreementChanged            the team or rules differ from those the conversation was opened with
└── ConversationClosed          the run is over; nothing can be said to it
"""

from __future__ import annotations

from collections.abc import Sequence


class AgentChatError(Exception):
    """The root of every error raised on purpose by this package."""


class ConfigurationError(AgentChatError):
    """The team, a rule or a setting makes no sense. `problems`: all that is wrong, each once."""

    def __init__(self, *problems: str) -> None:
        self.problems = tuple(dict.fromkeys(problems))
        super().__init__(_in_one(self.problems))


class NoBound(ConfigurationError):
    """Nothing limits the conversation."""


class PersonaError(ConfigurationError):
    """A persona file cannot be read; the message names file and place."""


class TeamFileError(ConfigurationError):
    """A team file cannot be read; the message names file and place."""


class TranscriptError(AgentChatError):
    """A log that cannot be read. `line` counts from 1 where it is known."""

    def __init__(self, message: str, *, line: int | None = None) -> None:
        super().__init__(message if line is None else f"line {line}: {message}")
        self.line = line


class NotATranscript(TranscriptError):
    """The file is something else."""


class DamagedTranscript(TranscriptError):
    """A line cannot be read, or does not continue the line before."""


class OutOfOrder(TranscriptError):
    """A sequence number is missing or comes twice."""


class NoSuchEvent(TranscriptError):
    """A place in the log that is not there, or holds another kind of event than is asked for."""


class EditRefused(TranscriptError):
    """An edit of something that is not there, or whose value does not fit in its place."""


class UnknownEvent(TranscriptError):
    """An event kind that this version does not know."""


class NewerVersion(TranscriptError):
    """Written by a newer version of the format."""


class StoreError(AgentChatError):
    """The place where transcripts are kept."""


class StoreUnavailable(StoreError):
    """Not there, not readable or writable, or not one of ours."""


class BadName(StoreError):
    """A conversation id that no store takes."""


class NoSuchConversation(StoreError):
    """The id is not in the store."""


class ConversationExists(StoreError):
    """The id is taken."""


class HasBranches(StoreError):
    """Others go on from the conversation, so that it cannot be removed by itself."""

    def __init__(self, conversation: str, branches: Sequence[str]) -> None:
        told = ", ".join(branches[:3]) + (f" and {len(branches) - 3} more" if len(branches) > 3 else "")
        goes, that = ("goes", "that") if len(branches) == 1 else ("go", "those")
        super().__init__(f"{told} {goes} on from conversation {conversation!r}; remove {that} first")
        self.conversation = conversation
        self.branches = tuple(branches)


class Conflict(StoreError):
    """The log went on meanwhile: `expected` was asked for, the head is at `actual`."""

    def __init__(self, conversation: str, expected: int, actual: int) -> None:
        super().__init__(f"conversation {conversation!r} is at event {actual}, not {expected}; read it again")
        self.conversation = conversation
        self.expected = expected
        self.actual = actual


class LeaseHeld(StoreError):
    """Another live process holds the conversation."""

    def __init__(self, conversation: str, owner: str) -> None:
        super().__init__(f"conversation {conversation!r} is being run by {owner}; stop that process, or wait for it")
        self.conversation = conversation
        self.owner = owner


class LeaseLost(StoreError):
    """Another process took the conversation over."""

    def __init__(self, conversation: str, owner: str | None) -> None:
        whom = "let go of" if owner is None else f"taken over by {owner}"
        super().__init__(f"conversation {conversation!r} was {whom}")
        self.conversation = conversation
        self.owner = owner


class ModelError(AgentChatError):
    """A model call that failed.

    retryable: whether the same request may succeed later. retry_after: seconds, where the server named them.
    partial: text that had arrived before it failed.
    """

    retryable = False

    def __init__(self, message: str, *, retry_after: float | None = None, partial: str | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.partial = partial


class ModelKeyMissing(ModelError):
    """No key is set for the service."""


class ModelUnreachable(ModelError):
    """No connection."""

    retryable = True


class ModelTimeout(ModelError):
    """No complete answer within the deadline."""

    retryable = True


class ModelBusy(ModelError):
    """429: too many requests."""

    retryable = True


class ModelServerError(ModelError):
    """5xx: the server failed."""

    retryable = True


class ModelRejected(ModelError):
    """4xx: the request itself is not accepted."""


class ModelUnsupported(ModelRejected):
    """400, 422 or 501: the form of the request is not accepted, as far as can be told; another form may be."""


class ModelBadReply(ModelError):
    """An answer that cannot be read, or that broke off."""

    retryable = True


class RealModelForbidden(ModelError):
    """Real model calls are switched off."""


class SandboxError(AgentChatError):
    """Code could not be run at all."""


class SandboxUnavailable(SandboxError):
    """No sandbox passes its probe."""


class CallError(AgentChatError):
    """Raised inside a turn by the call that it concerns."""


class CallNotAdmitted(CallError):
    """The budget or a limit has no room for the call."""


class CallFailedError(CallError):
    """The call was made and failed; `error_type` is the name of the error behind it."""

    def __init__(self, error_type: str, message: str) -> None:
        super().__init__(message)
        self.error_type = error_type


class CallUnsettled(CallError):
    """It is unknown whether the call of an earlier process had its effect."""


class CallDiverged(CallError):
    """The re-run asks for another call than the recorded one."""


class ConcurrentCalls(CallError):
    """Two calls at once without `turn.gather`."""


class AgreementChanged(AgentChatError):
    """The team or the rules differ from what the conversation was opened with; `changes` lists how."""

    def __init__(self, message: str, changes: Sequence[str]) -> None:
        super().__init__(message + "".join(f"\n  - {change}" for change in changes))
        self.changes = tuple(changes)


class WrongType(AgentChatError):
    """What was said is of another type than is asked for, or does not fit that type."""


class ConversationClosed(AgentChatError):
    """The run is over; nothing can be said to it."""


class AnswerRefused(CallError):
    """No answer of a model fits what was asked for, after all repairs. `problems`: what was wrong with the last one."""

    def __init__(self, message: str, problems: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.problems = tuple(problems)


class NotRecorded(CallError):
    """Only recorded calls are allowed, and this one is not in the record."""


class ToolError(AgentChatError):
    """What a tool could not do, worded for the model. A tool raises it to say so in its own words."""


def _in_one(problems: Sequence[str]) -> str:
    """One message of several: one as it is, more as a list."""
    if len(problems) == 1:
        return problems[0]
    return "".join(f"\n  - {one}".replace("\n", "\n    ").replace("\n      - ", "\n  - ") for one in problems)


def only_one(error: BaseException) -> BaseException:
    """The one exception in a group of one, which is how a task group passes it on; any other error as it is."""
    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    return error
