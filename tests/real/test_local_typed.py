"""Typed answers of a real model: small, not clever, and held to a schema by its server's grammar.

Its server knows `response_format` on chat completions, and ignores tools that its template has no place for: what the
server does not enforce is refused here, by name, and never delivered.
"""

from __future__ import annotations

import enum
from typing import Any, Literal

import pytest
from pydantic import BaseModel, Field

from agentchat import Assistant, Conversation, Emitted, MaxTurns, OpenAIModel, Result
from agentchat.transcript.calls import ModelRecipe, OutputMode, Wire
from agentchat.transcript.events import CallFinished, CallStarted, Refused, Said
from tests.runtime.checking import checked

pytestmark = [pytest.mark.anyio, pytest.mark.local_model]


class Mood(enum.Enum):
    good = "good"
    bad = "bad"


class Drink(BaseModel):
    name: Literal["tea", "coffee", "water"]
    hot: bool


class Order(BaseModel):
    """An enum, another object, and a list; nothing in it can go on for ever, so the grammar alone ends the answer."""

    mood: Mood
    first: Drink
    more: list[Literal["milk", "sugar"]] = Field(max_length=2)


class Choice(BaseModel):
    pick: Literal["tea", "coffee"]


def small(url: str, output: OutputMode | Literal["auto"], most: int = 96, *, wire: Wire = "chat") -> OpenAIModel:
    seed = 7 if wire == "chat" else None
    return OpenAIModel(f"smollm2@{url}", output=output, wire=wire, max_output=most, temperature=0.0, seed=seed)


async def order(model: OpenAIModel, emits: type[BaseModel], **agent: Any) -> Result:
    ann = Assistant("ann", model=model, instructions="You take orders.", emits=emits, **agent)
    result = await Conversation([ann], until=Emitted(emits) | MaxTurns(1)).run("Tea, please, and milk.")
    checked(result.transcript)
    return result


def events(result: Result, kind: type[Any]) -> list[Any]:
    return [entry.event for entry in result.transcript if isinstance(entry.event, kind)]


def modes(result: Result) -> list[str | None]:
    recipes = [event.recipe for event in events(result, CallStarted)]
    return [recipe.output for recipe in recipes if isinstance(recipe, ModelRecipe)]


def said_or_failed_by_name(result: Result, kind: type[BaseModel]) -> bool:
    """Whether the answer came. Where not, the turn failed by name, with each wrong answer recorded and none said."""
    said = [event for event in events(result, Said) if event.turn is not None]
    if said:
        assert isinstance(result.output, kind)
        assert kind.model_validate_json(result.output.model_dump_json()) == result.output
        assert result.outcome.kind == "done"
        return True
    assert result.output is None
    assert result.outcome.kind == "failed"
    assert "AnswerRefused" in result.outcome.reason
    assert len(events(result, Refused)) == len(events(result, CallFinished))  # a busy server may drop an attempt
    return False


@pytest.mark.parametrize("output", ["native", "auto"])
async def test_an_answer_that_the_server_holds_to_its_schema(
    local_model_url: str, output: Literal["native", "auto"]
) -> None:
    result = await order(small(local_model_url, output), Order)
    assert said_or_failed_by_name(result, Order)
    assert isinstance(result.output, Order)
    assert len(result.output.more) <= 2
    assert set(modes(result)) == {"native"}


async def test_one_of_several_types(local_model_url: str) -> None:
    ann = Assistant("ann", model=small(local_model_url, "auto"), instructions="You serve.", emits=Choice | Drink)
    result = await Conversation([ann], until=MaxTurns(1)).run("Tea, please.")
    checked(result.transcript)
    assert isinstance(result.output, Choice | Drink)


async def test_an_answer_on_the_other_wire(local_model_url: str) -> None:
    """Whether or not a server holds answers to a schema there: what does not fit is refused."""
    result = await order(small(local_model_url, "native", 32, wire="responses"), Choice, repairs=1)
    said_or_failed_by_name(result, Choice)
    assert set(modes(result)) == {"native"}


async def test_a_tool_that_the_model_does_not_know(local_model_url: str) -> None:
    result = await order(small(local_model_url, "tool", 24), Choice, repairs=1)
    if not said_or_failed_by_name(result, Choice):
        assert len(events(result, Refused)) == 2
    assert set(modes(result)) == {"tool"}


async def test_an_answer_that_was_only_asked_for_in_words(local_model_url: str) -> None:
    result = await order(small(local_model_url, "prompted", 48), Choice, repairs=1)
    said_or_failed_by_name(result, Choice)
    assert set(modes(result)) == {"prompted"}


async def test_an_answer_with_no_room_for_it(local_model_url: str) -> None:
    """What the grammar holds to its schema is cut off by the limit on its length: never taken for whole."""
    result = await order(small(local_model_url, "native", 8), Order, repairs=1)
    assert not said_or_failed_by_name(result, Order)
    assert all("cut off" in event.problems[0] for event in events(result, Refused))


async def test_a_schema_and_tools_together(local_model_url: str) -> None:
    """Whether this server takes both or not, the answer comes: the run finds a way that it takes."""

    def price(drink: str) -> float:
        """What a drink costs."""
        return 1.5

    result = await order(small(local_model_url, "auto"), Order, tools=[price])
    assert said_or_failed_by_name(result, Order)
    assert modes(result)[0] == "native"
