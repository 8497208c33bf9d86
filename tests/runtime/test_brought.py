"""What a program brings of its own: agents, models, sandboxes and stores, and those that are none."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from agentchat.agents.assistant import Assistant
from agentchat.agents.base import BaseAgent
from agentchat.agents.function import agent
from agentchat.agents.user_proxy import UserProxy
from agentchat.conversation import Conversation
from agentchat.errors import BadName, ConfigurationError
from agentchat.models.function import named_card
from agentchat.models.scripted import ScriptedModel
from agentchat.policy.cards import ModelCard
from agentchat.policy.charter import AgentCard
from agentchat.policy.prompts.request import ModelRequest
from agentchat.policy.routing.plans import END
from agentchat.policy.rules import MaxTurns
from agentchat.routing import Edge, Graph
from agentchat.seams import Limits, Says, Turn
from agentchat.transcript.calls import Reply
from agentchat.transcript.events import CallFailed
from tests.runtime.checking import checked
from tests.runtime.team import EchoSandbox, only

pytestmark = pytest.mark.anyio


class Echo(BaseAgent):
    async def respond(self, turn: Turn) -> str:
        return turn.subject.text


class Asking(BaseAgent):
    model = ScriptedModel(["forty-two"])

    async def respond(self, turn: Turn) -> str:
        return (await turn.model()).text


@pytest.mark.parametrize(("kind", "output"), [(Echo, "hello"), (Asking, "forty-two")])
async def test_an_agent_of_a_class_needs_no_more_than_respond(kind: type[BaseAgent], output: str) -> None:
    result = await Conversation([kind("one")], until=MaxTurns(1)).run("hello")
    checked(result.transcript)
    assert result.output == output


async def test_a_function_may_say_whatever_an_agent_may() -> None:
    @agent
    async def echo(text: str, turn: Turn) -> Says:
        return text

    assert (await Conversation([echo], until=MaxTurns(1)).run("hello")).output == "hello"


class Mute(BaseAgent):
    pass


class Stranger(Echo):
    def card(self) -> AgentCard:
        return AgentCard(name="another", kind="function")


class Cardless(Echo):
    def card(self) -> Any:
        return None


class Misshapen(Echo):
    def card(self) -> AgentCard:
        return AgentCard.model_validate({"name": self.name, "kind": "mine"})


class Half:
    name = "half"

    async def respond(self, turn: Turn) -> str:
        return ""


class NoCard:
    async def complete(self, request: ModelRequest, emit: Callable[[str], None]) -> Reply:
        raise NotImplementedError


@pytest.mark.parametrize(
    ("agent", "told"),
    [
        (Mute("one"), "agent one: its class Mute has no `respond`"),
        (Stranger("one"), "agent one: its card is that of 'another'"),
        (Cardless("one"), "agent one: its card is None"),
        (Misshapen("one"), "agent one: its card cannot be made: kind: Input should be"),
        (Half(), "it has no card, no check, .*make its class from BaseAgent"),
        (Assistant("one", model=NoCard()), "agent one: .* is no model: it has no card"),  # type: ignore[arg-type]
    ],
)
async def test_an_agent_that_lacks_something_is_told_before_the_first_token(agent: Any, told: str) -> None:
    with pytest.raises(ConfigurationError, match=told):
        Conversation([agent], until=MaxTurns(1))
    with pytest.raises(ConfigurationError, match=told):
        Conversation(Graph(start=agent, edges=[Edge(agent, END)]), until=MaxTurns(1))


async def test_a_store_and_an_answerer_that_are_none_are_told_at_once() -> None:
    for store in (5, object()):
        with pytest.raises(ConfigurationError, match="is no store: it has no aclose, no append"):
            Conversation([Echo("one")], until=MaxTurns(1), store=store)  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="answer=5: it must be a function"):
        Conversation([Echo("one")], until=MaxTurns(1), answer=5)  # type: ignore[arg-type]
    with pytest.raises(BadName, match="5 is no conversation id"):
        await Conversation([Echo("one")], until=MaxTurns(1)).run("hello", id=5)  # type: ignore[arg-type]


async def test_a_sandbox_that_is_none_is_told_at_once() -> None:
    class Empty:
        name = "empty"

    with pytest.raises(ConfigurationError, match="is no sandbox: it has no languages, no probe, no run"):
        Conversation([UserProxy("one", sandbox=Empty())], until=MaxTurns(1))  # type: ignore[arg-type]


class Talking:
    def card(self) -> ModelCard:
        return named_card("talking")

    async def complete(self, request: ModelRequest, emit: Callable[[str], None]) -> Any:
        return "text"


class Telling(EchoSandbox):
    name = "telling"

    async def run(self, source: str, language: str, limits: Limits) -> Any:
        return Reply


@pytest.mark.parametrize(
    ("agent", "told"),
    [
        (Assistant("two", model=Talking()), "the model talking gave back a str; `complete` must give a Reply"),
        (UserProxy("two", sandbox=Telling()), "the sandbox telling gave back a .*; `run` must give a CodeRun"),
    ],
)
async def test_a_result_of_another_kind_fails_its_call(agent: BaseAgent, told: str) -> None:
    result = await Conversation([Echo("one"), agent], until=MaxTurns(2)).run("```python\nprint(1)\n```")
    checked(result.transcript)
    assert len(only(result.transcript, CallFailed)) == 1
    assert re.search(told, result.outcome.reason)
