"""One way to make a call, whatever it is: admit, commit, act, record, commit.

A call has an ordinal, its place in the program order of its turn, and attempts. Each attempt is admitted and recorded
by itself under the call's one key. On a re-run the recorded results are given back first.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal, NamedTuple, Protocol, TypeAlias

import anyio
from anyio.lowlevel import checkpoint

from agentchat.errors import (
    AgentChatError,
    CallDiverged,
    CallFailedError,
    CallNotAdmitted,
    CallUnsettled,
    ModelError,
    NotRecorded,
    SandboxError,
)
from agentchat.policy.asked import asked_in
from agentchat.policy.charter import charter_of
from agentchat.policy.trying import tries_in, wait_after
from agentchat.runtime.book import Placed
from agentchat.runtime.desk import Desk
from agentchat.runtime.problems import may_pass, problem_of
from agentchat.runtime.rerun import Attempt, Record
from agentchat.runtime.tape import Tape
from agentchat.transcript.calls import CallRecipe, CallResult, Reserved
from agentchat.transcript.events import (
    CallCancelled,
    CallDenied,
    CallFailed,
    CallFinished,
    CallInDoubt,
    CallStarted,
    Diverged,
)
from agentchat.transcript.transcript import Transcript

MAIN: Final = "main"
"""The branch of a conversation that is no fork, in the keys of its calls."""


CallKind: TypeAlias = Literal["model", "code", "tool", "ask"]


class Ready(NamedTuple):
    """A call put together but not yet admitted: its recipe, the SHA-256 of its bytes, and what it may cost at most."""

    recipe: CallRecipe
    digest: str
    reserved: Reserved | None


class Performer(Protocol):
    """One kind of call."""

    def prepare(self, share: int = 1) -> Ready:
        """Put the request together from the log as it stands. Called before each attempt.

        share: how many calls start at once and divide what the budget has left.
        """
        ...

    def again(self, attempt: Attempt) -> str:
        """The digest that a recorded attempt would have today; on a re-run it must be the recorded one."""
        ...

    def other_way(self, failed: CallFailed, started: CallStarted) -> bool:
        """Whether a call that failed for good can be made in another way; if so, the next `prepare` makes it so."""
        ...

    async def act(self, started: CallStarted, seq: int, emit: Callable[[str], None]) -> CallResult:
        """Do it, once. `emit` takes text as it arrives."""
        ...

    kind: CallKind
    """Which kind of call it is."""
    isolated: bool
    """Whether an attempt whose result was lost may be made again without asking."""


class Done(NamedTuple):
    """A call that came back: its result, and the CallFinished entry."""

    result: CallResult
    seq: int


class Admitted(NamedTuple):
    """A call on its way: either its recorded end, or its entered CallStarted."""

    done: Done | None
    slot: Placed | None


class Call:
    """One call of a turn, from its first attempt to its end."""

    def __init__(self, desk: Desk, agent: str, turn: int, ordinal: int, performer: Performer, record: Record | None):
        self._desk = desk
        self._agent = agent
        self._turn = turn
        self._ordinal = ordinal
        self._performer = performer
        self._recorded = [] if record is None else record.calls.get(ordinal, [])
        self._attempt = 0
        self._tries = 0
        self._partial: list[str] = []

    def admit(self, share: int = 1) -> Admitted:
        """Give the recorded result back, or enter the next attempt. The caller commits before `finish`.

        Raises CallNotAdmitted, CallFailedError (as recorded), CallUnsettled, CallDiverged.
        """
        if self._recorded:
            done = self._from_record()
            if done is not None:
                return Admitted(done, None)
            last = self._recorded[-1]
            if last.end is None and self._asked(last):  # the question stands as it was asked
                return Admitted(None, self._desk.transcript[last.seq])
        return Admitted(None, self._start(self._performer.prepare(share)))

    async def finish(self, admitted: Admitted) -> Done:
        """Make the admitted attempt, and further ones where it fails in a way that may pass."""
        if admitted.done is not None:
            return admitted.done
        slot = admitted.slot
        limit = charter_of(self._desk.transcript).limits.attempts
        while True:
            assert slot is not None
            failed = await self._attempt_once(slot)
            if isinstance(failed, Done):
                return failed
            if failed.retryable and self._tries < limit:
                await anyio.sleep(0 if failed.taken_from else wait_after(self._tries, failed.retry_after))
            elif self._other_way(failed, slot):
                self._tries = 0
            else:
                raise CallFailedError(failed.error.type, failed.error.message)
            slot = self._start(self._performer.prepare())
            await self._desk.commit()

    def _other_way(self, failed: CallFailed, slot: Placed) -> bool:
        assert isinstance(slot.event, CallStarted)
        return self._performer.other_way(failed, slot.event)

    def _start(self, ready: Ready) -> Placed:
        self._attempt += 1
        self._tries += 1
        desk = self._desk
        started = CallStarted(
            turn=self._turn,
            agent=self._agent,
            ordinal=self._ordinal,
            attempt=self._attempt,
            key=f"{_branch(desk.transcript)}:{self._turn}.{self._ordinal}",
            recipe=ready.recipe,
            digest=ready.digest,
            reserved=ready.reserved,
        )
        slot = desk.offer(started)
        denied = slot.event
        if isinstance(denied, CallDenied):
            told = ", ".join(f"{name} {value}" for name, value in denied.values.items() if value is not None)
            raise CallNotAdmitted(f"a {denied.call} call was not admitted: the {denied.reason} has no room ({told})")
        return slot

    async def _attempt_once(self, slot: Placed) -> Done | CallFailed:
        desk = self._desk
        started = slot.event
        assert isinstance(started, CallStarted)
        if slot.seq == 0:  # someone else's input came first: the turn is given up, and nothing is done outside
            await checkpoint()
            raise CallNotAdmitted("the turn was given up: someone said something before it was stored")
        self._partial = []
        taken = None if desk.tape is None else await self._from_tape(desk.tape, slot)
        if isinstance(taken, CallFailed | Done):
            return taken
        try:
            result = await self._performer.act(started, slot.seq, self._partial.append)
        except (ModelError, SandboxError) as error:
            failed = _failure(slot.seq, error)
            desk.offer(failed)
            await desk.commit()
            return failed
        except anyio.get_cancelled_exc_class():
            if desk.parking:
                raise  # the question stays open: the conversation goes on from it when it is answered
            partial = "".join(self._partial) or None
            desk.offer(CallCancelled(call=slot.seq, reason="cancelled", partial=partial))
            raise
        except Exception as error:
            desk.offer(CallFailed(call=slot.seq, error=problem_of(error), retryable=False))
            raise
        ended = desk.offer(CallFinished(call=slot.seq, result=result))
        await desk.commit()
        return Done(result, ended.seq)

    async def _from_tape(self, tape: Tape, slot: Placed) -> Done | CallFailed | None:
        """What another record has for this call; None where it is to be made."""
        desk = self._desk
        assert isinstance(slot.event, CallStarted)
        try:
            end = tape.take(desk.transcript, slot.event, slot.seq)
        except NotRecorded as error:
            desk.offer(CallFailed(call=slot.seq, error=problem_of(error), retryable=False))
            raise
        if end is None:
            return None
        placed = desk.offer(end)
        await desk.commit()
        return end if isinstance(end, CallFailed) else Done(end.result, placed.seq)

    def _from_record(self) -> Done | None:
        """The recorded end of the call; None where another attempt is to be made."""
        for attempt in self._recorded:
            self._check(attempt)
        last = self._recorded[-1]
        self._tries = tries_in(attempt.started for attempt in self._recorded)
        self._attempt = last.started.attempt
        if isinstance(last.end, CallFinished):
            return Done(last.end.result, last.end_seq)
        if last.end is None:
            if not self._asked(last):
                self._settle(last)
        elif isinstance(last.end, CallFailed):
            limit = charter_of(self._desk.transcript).limits.attempts
            if not last.end.retryable or self._tries >= limit:
                if not may_pass(last.end.error) or not self._performer.other_way(last.end, last.started):
                    raise CallFailedError(last.end.error.type, last.end.error.message)
                self._tries = 0
        return None

    def _check(self, attempt: Attempt) -> None:
        started, kind = attempt.started, self._performer.kind
        sha = self._performer.again(attempt) if started.recipe.call == kind else ""
        if started.digest == sha:
            return
        then, now = f"{started.recipe.call} {started.digest}", f"{kind} {sha}"
        self._desk.offer(Diverged(turn=self._turn, ordinal=self._ordinal, recorded=then, now=now))
        raise CallDiverged(
            f"call {self._ordinal} of the turn was recorded as a {then[:20]}… call and is now a {now[:20]}… call; "
            "the agent's code, prompt or inputs changed"
        )

    def _asked(self, attempt: Attempt) -> bool:
        """Whether the attempt waits for a person: it is a question, or a question was put inside what it holds."""
        return self._performer.kind == "ask" or attempt.seq in asked_in(self._desk.transcript).calls

    def _settle(self, attempt: Attempt) -> None:
        policy = "retry" if self._performer.isolated else self._desk.in_doubt
        if policy == "ask":
            raise CallUnsettled(
                f"it is unknown whether the {attempt.started.recipe.call} call at event {attempt.seq} had its effect; "
                "resume with in_doubt='retry' to make it again or in_doubt='fail' to give it up"
            )
        self._desk.offer(CallInDoubt(call=attempt.seq, policy=policy))
        if policy == "fail":
            raise CallFailedError("CallUnsettled", "the call was given up: its process ended before the result came")


def _branch(transcript: Transcript) -> str:
    """The first part of every key: calls of two branches are two calls."""
    return transcript.conversation if transcript.forks else MAIN


def _failure(call: int, error: AgentChatError) -> CallFailed:
    problem = problem_of(error)
    if isinstance(error, ModelError):
        return CallFailed(
            call=call,
            error=problem,
            retryable=error.retryable,
            retry_after=error.retry_after,
            partial=error.partial,
        )
    return CallFailed(call=call, error=problem, retryable=False)
