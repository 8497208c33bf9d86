"""Questions to people: put, waited for, answered by whoever is there, or left open for another day."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Final, NamedTuple, Protocol, TypeAlias

import anyio
from pydantic import JsonValue
from pydantic_core import to_jsonable_python

from agentchat.errors import ConfigurationError
from agentchat.policy.asked import Asked, Wanted, asked_in, wanted_by
from agentchat.policy.typed.fits import misfits
from agentchat.runtime.book import Placed
from agentchat.transcript.calls import JsonObject
from agentchat.transcript.events import Answered, CallStarted, Event, Paused
from agentchat.transcript.transcript import Transcript


class Question(NamedTuple):
    """A question as a person is shown it.

    id: by which it is answered. text: its words. schema: the JSON schema of the answer. to: whom it is put to, "user"
    for the person outside.
    """

    id: str
    text: str
    schema: JsonObject
    to: str


_WORDS: Final[dict[Wanted, str]] = {"approval": ". Give True, False, or an Approval(yes=..., reason=...)"}
NOBODY: Final = "nobody is there to be asked"


Answerer: TypeAlias = Callable[[Question], object]
"""Answers questions in the person's place: gives the value, or something to await that gives it."""


class _Desk(Protocol):
    @property
    def transcript(self) -> Transcript: ...
    def offer(self, event: Event) -> Placed: ...
    async def commit(self) -> None: ...


def questions_in(transcript: Transcript) -> tuple[Question, ...]:
    """The questions that wait for an answer, oldest first."""
    return tuple(map(_question, asked_in(transcript).open.values()))


def _question(paused: Paused) -> Question:
    return Question(paused.pause, paused.question, paused.answer_schema, paused.to)


def pause_of(question: str | Question) -> str:
    """The id of a question that is given by it, or whole."""
    return question.id if isinstance(question, Question) else question


def answer_of(transcript: Transcript, pause: str, value: object) -> JsonValue:
    """An answer as it is recorded. To an act that needs somebody's word, True and False are answers."""
    question = asked_in(transcript).open.get(pause)
    if isinstance(value, bool) and question is not None and wanted_by(question.answer_schema) == "approval":
        return {"yes": value}
    given: JsonValue = to_jsonable_python(value)
    return given


def check_answer(transcript: Transcript, answered: Answered) -> None:
    """Raise ConfigurationError for an answer that nothing waits for, or that does not fit what was asked."""
    asked = asked_in(transcript)
    question = asked.open.get(answered.pause)
    if question is None:
        known = (
            "it was answered before"
            if answered.pause in asked.answers
            else f"there is no such question; {_open(asked)}"
        )
        raise ConfigurationError(f"{answered.pause!r}: {known}; nothing was written")
    problems = misfits(answered.value, question.answer_schema)
    if problems:
        how = _WORDS.get(wanted_by(question.answer_schema), "")
        raise ConfigurationError(f"the answer to {answered.pause!r} does not fit: {'; '.join(problems)}{how}")


def _open(asked: Asked) -> str:
    """What waits, in words."""
    waiting = [f"{one.pause!r} (to {one.to})" for one in asked.open.values()]
    return f"what waits for an answer is {', '.join(waiting)}" if waiting else "nothing waits for an answer"


class Questions:
    """The questions that a live run waits with.

    answerer: answers them at once, where there is one. stays: whether somebody may answer while the run is live; else
    a run in which everything waits is left, and goes on when it is resumed with the answers.
    """

    def __init__(self, answerer: Answerer | None = None, *, stays: bool = False) -> None:
        self._answerer = answerer
        self._stays = stays
        self._waiting: dict[str, tuple[int, anyio.Event]] = {}  # the call that waits, and what wakes it
        self.parking = False
        self.on_wait: Callable[[], None] = _nothing

    async def ask(self, desk: _Desk, paused: Paused) -> Answered:
        """Put a question, and wait for its answer."""
        asked = asked_in(desk.transcript)
        if paused.pause not in asked.open and paused.pause not in asked.answers:
            desk.offer(paused)
            await desk.commit()
        if paused.pause not in asked_in(desk.transcript).answers:
            await (self._wait(paused) if self._answerer is None else self._answer(desk, paused, self._answerer))
        return asked_in(desk.transcript).answers[paused.pause]

    async def _wait(self, paused: Paused) -> None:
        answered = anyio.Event()
        self._waiting[paused.pause] = paused.call, answered
        self.on_wait()
        try:
            await answered.wait()
        finally:
            self._waiting.pop(paused.pause, None)

    async def _answer(self, desk: _Desk, paused: Paused, answerer: Answerer) -> None:
        value = answerer(_question(paused))
        if isinstance(value, Awaitable):
            value = await value
        answered = Answered(pause=paused.pause, value=answer_of(desk.transcript, paused.pause, value), by=paused.to)
        check_answer(desk.transcript, answered)
        desk.offer(answered)
        await desk.commit()

    def look(self, transcript: Transcript) -> None:
        """Wake those whose question was answered."""
        if self._waiting:
            answers = asked_in(transcript).answers
            for pause in [name for name in self._waiting if name in answers]:
                self._waiting[pause][1].set()

    @property
    def may_park(self) -> bool:
        """Whether something waits for somebody who is not there."""
        return bool(self._waiting) and not self._stays and self._answerer is None

    def all_wait(self, turns: Collection[int], calls: Mapping[int, CallStarted]) -> bool:
        """Whether all turns that are going on, and every call in them, wait."""
        waiting = {call for call, _ in self._waiting.values()}
        return waiting.issuperset(calls) and {call.turn for call in calls.values()}.issuperset(turns)

    def let_go(self) -> None:
        """Let go of the manager, so that a run that is over is freed at once."""
        self.on_wait = _nothing

    def park(self) -> None:
        """From now on the run is being left."""
        self.parking = True


def _nothing() -> None:
    """Nobody is told."""
