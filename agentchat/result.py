"""What a run gives back."""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import Literal, NamedTuple, TypeVar

from pydantic import BaseModel, JsonValue

from agentchat.errors import ConversationClosed, WrongType
from agentchat.policy.asked import asked_in
from agentchat.policy.charter import charter_of
from agentchat.policy.rules.explain import why_not
from agentchat.policy.spending.usage import UsageReport, usage_of
from agentchat.policy.state import state_of
from agentchat.runtime.questions import Question, questions_in
from agentchat.transcript.events import Closed, OutcomeKind, Paused, Said
from agentchat.transcript.messages import ROUTING_BODIES, Data, Direction, Text, unwrap
from agentchat.transcript.transcript import Transcript

Kind = TypeVar("Kind", bound=BaseModel | str)


class Outcome(NamedTuple):
    """Why a run ended.

    kind: done, limit, failed, interrupted or stopped; or "paused": it has not ended, and waits for a person. rule: the
    rule that ended it. event: the entry it fired on. values: what it saw there. reason: the same in words. advice: what
    to do next.
    """

    kind: OutcomeKind | Literal["paused"]
    rule: str
    event: int
    values: Mapping[str, JsonValue]
    reason: str
    advice: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.reason}{'' if self.reason.endswith(('.', '?')) else '.'} {self.advice}"


def _paused(waiting: Paused) -> Outcome:
    values = {"question": waiting.pause, "to": waiting.to}
    reason = f"it waits for an answer to {waiting.pause!r}: {waiting.question}"
    advice = f"Answer it (chat.answer(id, {waiting.pause!r}, value)), then resume the conversation."
    return Outcome("paused", "question", waiting.call, values, reason, advice)


class Result:
    """A closed run: `outcome`, `output`, `usage` and the whole `transcript`."""

    def __init__(self, transcript: Transcript, types: Mapping[str, type[BaseModel]] | None = None) -> None:
        self.transcript = transcript
        self._types = types or {}

    @property
    def conversation(self) -> str:
        """The conversation's id."""
        return self.transcript.conversation

    @property
    def outcome(self) -> Outcome:
        """Why the last run ended. Raises ConversationClosed while it is still going on: there is no outcome yet."""
        closed = state_of(self.transcript).board.closed
        last = None if closed is None else closed.event
        if not isinstance(last, Closed):
            waiting = next(iter(asked_in(self.transcript).open.values()), None)
            if waiting is not None:
                return _paused(waiting)
            raise ConversationClosed("the run has not ended: resume it")
        return Outcome(last.outcome, last.rule, last.event, last.values, last.reason, last.advice)

    @property
    def output(self) -> BaseModel | str | None:
        """What the last run brought: the last message of an agent that carries work, as text or as its model.

        None where no agent said anything in that run: an older answer would answer another question.
        """
        for entry in reversed(self.transcript.since(state_of(self.transcript).board.run_at)):
            if isinstance(entry.event, Said) and entry.event.turn is not None:
                body = self.transcript.body(entry.seq)
                if isinstance(body, Direction) and body.answer is not None:
                    return self._answer(entry.event.sender, body.answer)
                if not isinstance(body, ROUTING_BODIES):
                    return body.text if isinstance(body, Text) else unwrap(body, self._types)
        return None

    def output_as(self, kind: type[Kind]) -> Kind:
        """The output, which is to be a `kind` (a model class, or `str`); a type checker then knows it.

        Raises WrongType for anything else.
        """
        output = self.output
        if isinstance(output, kind):
            return output
        given = "there is none" if output is None else f"it is a {type(output).__name__}"
        raise WrongType(f"the output was to be a {kind.__name__}, and {given}; the run ended as {self.outcome}")

    def _answer(self, supervisor: str, answer: JsonValue) -> BaseModel | str:
        """The answer of a supervisor that finished: text, or the model it was asked for."""
        if isinstance(answer, str):
            return answer
        name = charter_of(self.transcript).agent(supervisor).answer or "answer"
        return unwrap(Data(type=name, value=answer), self._types)

    @property
    def questions(self) -> tuple[Question, ...]:
        """What a paused run waits for, oldest first; `outcome` names the first of them."""
        return questions_in(self.transcript)

    def why_not(self) -> str:
        """How each rule of the last run stands: what it waits for, and how far it has got."""
        return why_not(state_of(self.transcript))

    @property
    def usage(self) -> UsageReport:
        """Calls, tokens and money: `total`, `by_agent`, `by_model`, `by_tier`; `delegated` to conversations inside.

        Each has `calls`, `tokens`, `usd` and more. A sum is a number in `.known`; where `.complete` is False it is a
        lower bound, for some call did not report, or has no price.
        """
        return usage_of(self.transcript)

    def __repr__(self) -> str:
        return f"Result({self.conversation!r}, {self.outcome.kind}, {len(self.transcript)} events)"

    def _repr_html_(self) -> str:
        """The messages as a table, for notebooks."""
        rows = "".join(
            f"<tr><td>{html.escape(message.sender)}</td><td><pre>{html.escape(message.text)}</pre></td></tr>"
            for message in self.transcript.messages()
        )
        return f"<table>{rows}</table><p>{html.escape(str(self.outcome))}</p><p>{html.escape(str(self.usage))}</p>"
