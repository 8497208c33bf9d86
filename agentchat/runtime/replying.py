"""How a model's answer comes about: tools are called, wrong answers put right, a stronger model asked at the last."""

from __future__ import annotations

import inspect
import json
from collections.abc import Awaitable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final, Protocol

from pydantic import BaseModel, JsonValue

from agentchat.errors import AnswerRefused, CallFailedError, CallNotAdmitted
from agentchat.policy.charter import AgentCard, charter_of
from agentchat.policy.naming import nearest
from agentchat.policy.prompts.asking import LAST_WORDS, Wish
from agentchat.policy.prompts.context import context_of
from agentchat.policy.typed.answers import Problems, read_answer, repair_prompt
from agentchat.seams import Agent, Approval, ModelAnswer, PersonAnswer, Says, Tool, ToolAnswer, TypedAnswer
from agentchat.transcript.calls import JsonObject, OutputMode
from agentchat.transcript.messages import HAND_OVER, Direction, Handoff, ToolCallPart
from agentchat.transcript.transcript import Transcript

ANSWER: Final = "answer"
"""The name of the tool that takes a typed answer, where a model is asked for it that way."""


class Replier(Protocol):
    """The turn, as far as replying needs it."""

    @property
    def agent(self) -> str:
        """The agent's name."""
        ...

    @property
    def transcript(self) -> Transcript:
        """The whole record so far."""
        ...

    @property
    def closing(self) -> bool:
        """Whether it is a run's last turn."""
        ...

    def wished(self, wish: Wish, *, stronger: bool = False) -> Awaitable[ModelAnswer]:
        """Ask the model."""
        ...

    def called(
        self, tool: Tool, arguments: JsonObject, tool_call_id: str | None = None, *, changed: bool = False
    ) -> Awaitable[ToolAnswer]:
        """Call a tool."""
        ...

    def ask(
        self, question: str, answer: type = bool, *, to: str = ..., tool_call_id: str | None = None
    ) -> Awaitable[PersonAnswer]:
        """Ask a person."""
        ...

    def tool_named(self, name: str) -> Tool | None:
        """The agent's tool of this name."""
        ...

    def refuse(
        self,
        problems: Sequence[str],
        *,
        raw: JsonValue = None,
        call: int | None = None,
        tool_call_id: str | None = None,
    ) -> None:
        """Record that an answer is not accepted."""
        ...

    def unsayable(self, answer: TypedAnswer) -> tuple[str, ...]:
        """Why an answer would not be delivered."""
        ...

    async def gather(self, *calls: Awaitable[Any]) -> list[Any]:
        """Make several calls at once."""
        ...


async def reply(turn: Replier, agent: Agent) -> Says:
    """Ask the model until it answers: see `Turn.reply`."""
    card = charter_of(turn.transcript).agent(turn.agent)
    kinds = _kinds(card, agent.types)
    tries, most = 0, 1 + card.repairs + (card.stronger is not None)
    last_words = LAST_WORDS
    while True:
        wish = Wish(last_words if turn.closing else None, tools=not turn.closing, typed=kinds is not None)
        stronger = card.stronger is not None and tries == most - 1
        answer = await turn.wished(wish, stronger=stronger)
        asked = answer.reply.tool_calls
        final = next((part for part in asked if part.name == ANSWER and kinds is not None), None)
        if asked and final is None and not turn.closing:
            handoff = _handoff(card, asked)
            if handoff is not None:
                return handoff
            await _use_tools(turn, card, answer)
            continue
        if kinds is None:
            return answer
        found = await _read(turn, agent, answer, final, kinds)
        if isinstance(found, TypedAnswer):
            return found
        tries += 1
        last_words = f"{LAST_WORDS}\n\n{repair_prompt(found)}"  # a closing turn's calls add nothing to what is shown
        turn.refuse(found, call=answer.call, tool_call_id=None if final is None else final.id)
        if tries >= most:
            told = "; ".join(found)
            raise AnswerRefused(f"no answer of {turn.agent} fits, after {tries} of them: {told}", found)


def _kinds(card: AgentCard, types: Mapping[str, type[BaseModel]]) -> dict[str, type] | None:
    """The types of an agent's answers by name; None where plain text will do."""
    if "native" not in card.forms:
        return None
    known: dict[str, type] = {"Direction": Direction, **types}
    return {name: known.get(name, str) for name in card.emits}


async def _read(
    turn: Replier, agent: Agent, answer: ModelAnswer, final: ToolCallPart | None, kinds: Mapping[str, type]
) -> TypedAnswer | tuple[str, ...]:
    """The typed answer in a reply, or what is wrong with it."""
    reply = answer.reply
    if final is None and reply.finish == "refusal":
        return (f"the model refused: {reply.text}",)
    given = sum(part.name == ANSWER for part in reply.tool_calls)
    if final is not None and given > 1:
        return (f"give one answer; {given} were given",)
    text = reply.text if final is None else final.arguments
    mode: OutputMode | None = context_of(turn.transcript, turn.agent).mode
    read = read_answer(text, kinds, lenient=mode == "prompted")
    if isinstance(read, Problems):
        if reply.finish == "length":
            return ("the answer was cut off at the limit on its length: answer more briefly",)
        return read.problems
    # a direction is read from the reply's own JSON, whatever it leaves out
    exact = read.verbatim or (isinstance(read.model, Direction) and mode != "prompted")
    alone = reply.tool_calls == (() if final is None else (final,))  # else the reply's text is not the answer's
    verbatim = exact and read.at == "" and read.type != "str" and alone
    found = TypedAnswer(read.model, read.type, answer.call, verbatim, read.value)
    if agent.check is not None:
        try:
            other = agent.check(read.model)
            if inspect.isawaitable(other):
                await other
        except ValueError as error:
            return (str(error) or "the answer was not accepted",)
    return turn.unsayable(found) or found


def _handoff(card: AgentCard, asked: Sequence[ToolCallPart]) -> Handoff | None:
    """To whom a model hands over, if it does."""
    for part in asked:
        name = part.name.removeprefix(HAND_OVER)
        if part.name.startswith(HAND_OVER) and name in card.team:
            return Handoff(to=name, reason=_reason(part.arguments))
    return None


def _reason(arguments: str) -> str | None:
    try:
        given = json.loads(arguments)
    except (ValueError, RecursionError):
        return None
    reason = given.get("reason") if isinstance(given, dict) else None
    return reason if isinstance(reason, str) and reason else None


async def _use_tools(turn: Replier, card: AgentCard, answer: ModelAnswer) -> None:
    """Call what the model asks for, at once where there are several; what cannot be called is refused."""
    calls: list[Awaitable[ToolAnswer]] = []
    for part in answer.reply.tool_calls:
        tool = turn.tool_named(part.name)
        if tool is None:
            turn.refuse([_no_tool(part.name, card)], tool_call_id=part.id)
            continue
        arguments = tool.check(part.arguments)
        if isinstance(arguments, list):
            turn.refuse(arguments, tool_call_id=part.id)
        else:
            allowed = await _allowed(turn, tool, arguments, part.id)
            if allowed is not None:
                calls.append(turn.called(tool, allowed, part.id, changed=allowed is not arguments))
    if calls:
        # recorded, and told to the model; where nothing more is admitted, its next call is not either
        with suppress(CallNotAdmitted, CallFailedError):
            await turn.gather(*calls)


def _no_tool(name: str, card: AgentCard) -> str:
    known = [tool.name for tool in card.tools]
    others = f"; there are: {', '.join(known)}" if known else ""
    return f"there is no tool {name!r}{nearest(name, known) or others}"


async def _allowed(turn: Replier, tool: Tool, arguments: JsonObject, tool_call_id: str) -> JsonObject | None:
    """The arguments that a person lets the tool be called with, where one is to be asked; None where it is a no."""
    if not tool.card().approve:
        return arguments
    shown = ", ".join(f"{name}={value!r}" for name, value in arguments.items())
    question = f"May {turn.agent} call {tool.name}({shown})?"
    problems: list[str] = []
    while True:
        told = f"With those arguments it cannot be called: {'; '.join(problems)}\n{question}" if problems else question
        given = await turn.ask(told, Approval, tool_call_id=tool_call_id)
        verdict = given.value
        assert isinstance(verdict, Approval)
        if not verdict.yes:
            why = verdict.reason or "no reason was given"
            turn.refuse([f"{given.by} did not allow this: {why}"], tool_call_id=tool_call_id)
            return None
        if verdict.instead is None:
            return arguments
        changed = tool.check(verdict.instead)
        if not isinstance(changed, list):
            return changed
        problems = changed
