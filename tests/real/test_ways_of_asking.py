"""Servers that cannot do all that is asked of them: a typed answer is then asked for in another way, once and for all.

A request that is turned away for another reason is not taken for that.
"""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel

from agentchat.policy.rules import MaxTurns
from agentchat.policy.spending.budget import Budget
from agentchat.transcript.events import CallFailed
from tests.real.asking import Held, hold
from tests.servers.both_wires import (
    WIRES,
    Body,
    Call,
    Wire,
    asks,
    calls_in,
    messages,
    picky,
    results,
    says,
    schema_in,
    tool_names,
)
from tests.servers.fake_openai import Behaviour, error

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("wire", WIRES)]


class Sum(BaseModel):
    total: int


def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


ADD = Call("add", '{"a":1,"b":2}', "call_add")
THREE = Call("answer", '{"total":3}', "call_three")
FOUR = Call("answer", '{"total":4}', "call_four")


def both(body: Body) -> bool:
    return schema_in(body) is not None and bool(tool_names(body))


def schema(body: Body) -> bool:
    return schema_in(body) is not None


def any_help(body: Body) -> bool:
    return schema_in(body) is not None or bool(tool_names(body))


async def summed(wire: Wire, *behaviours: Behaviour, **more: Any) -> Held:
    return await hold(behaviours, wire=wire, emits=Sum, **{"tools": [add], "until": MaxTurns(2), **more})


async def test_schema_and_tools_that_are_refused_together(wire: Wire) -> None:
    told = "Cannot use a response format together with tools."
    script = [says(wire, "?"), asks(wire, ADD), asks(wire, THREE), asks(wire, FOUR)]
    held = await summed(wire, *(picky(one, both, told) for one in script))
    assert held.modes == ["native", "tool", "tool", "tool"]  # the second turn does not begin from the start
    assert held.failures == ["ModelUnsupported"]
    assert told in held.events(CallFailed)[0].error.message
    assert [tool_names(body) for body in held.bodies] == [["add"], *[["add", "answer"]] * 3]
    assert [schema_in(body) is None for body in held.bodies] == [False, True, True, True]
    assert all(body["tool_choice"] == "required" for body in held.bodies[1:])
    assert results(held.bodies[2]) == {"call_add": "3"}
    assert [one.type for one in held.delivered] == ["Sum", "Sum"]
    assert held.result.output == Sum(total=4)
    assert held.refused == []


async def test_what_was_shown_before_the_other_way_is_shown_again(wire: Wire) -> None:
    told = "no grammar here"
    script = [says(wire, "?"), asks(wire, Call("add", '{"a":1}', "x")), asks(wire, THREE)]
    held = await summed(wire, *(picky(one, both, told) for one in script), until=MaxTurns(1), instructions="Add up.")
    assert messages(held.bodies[1]) == messages(held.bodies[0])
    assert results(held.bodies[2])["x"] == "error: b: is missing"


async def test_a_server_that_knows_neither_is_asked_in_words(wire: Wire) -> None:
    script = [says(wire, "?"), asks(wire, THREE), says(wire, '{"total":3}'), says(wire, '```json\n{"total":4}\n```')]
    held = await summed(wire, *(picky(one, any_help, "unknown field") for one in script), tools=[])
    assert held.modes == ["native", "tool", "prompted", "prompted"]
    assert "total" in messages(held.bodies[2])[0]["content"]
    assert messages(held.bodies[3])[0] == messages(held.bodies[2])[0]
    assert held.result.output == Sum(total=4)


async def test_a_server_that_refuses_them_in_the_middle_of_a_turn(wire: Wire) -> None:
    """It takes both at first, and refuses once there is a tool's result. What was done in the turn stays done."""
    made: list[int] = []

    def note(number: int) -> str:
        """Notes a number."""
        made.append(number)
        return "noted"

    def later(body: Body) -> bool:
        return schema(body) and bool(results(body))

    script = [asks(wire, Call("note", '{"number":7}', "n")), says(wire, "?"), asks(wire, THREE)]
    held = await summed(wire, *(picky(one, later, "no") for one in script), tools=[note], until=MaxTurns(1))
    assert held.modes == ["native", "native", "tool"]
    assert made == [7]
    assert [call.id for call in calls_in(held.bodies[2])] == ["n"]
    assert held.result.output == Sum(total=3)


async def test_a_refused_way_costs_nothing_of_the_budget(wire: Wire) -> None:
    """No model saw the request: a budget that has room for one call must not be spent by its rejection."""
    script = [says(wire, "?"), asks(wire, THREE)]
    held = await summed(
        wire, *(picky(one, both, "no") for one in script), until=MaxTurns(1), budget=Budget(tokens=12_000)
    )
    assert held.result.output == Sum(total=3)
    assert held.modes == ["native", "tool"]


@pytest.mark.parametrize("output", ["native", "tool", "prompted"])
async def test_a_way_that_was_chosen_is_the_only_one(wire: Wire, output: str) -> None:
    held = await summed(wire, error(400, "no"), model={"output": output})
    assert held.modes == [output]
    assert held.result.outcome.kind == "failed"
    assert held.failures == ["ModelUnsupported"]
    assert "ModelUnsupported" in held.result.outcome.reason


OTHER_REASONS = {
    "key": error(401, "Incorrect API key provided", code="invalid_api_key"),
    "forbidden": error(403, "You are not allowed to sample from this model"),
    "model": error(404, "The model `m` does not exist", code="model_not_found"),
    "quota": error(429, "You exceeded your current quota", code="insufficient_quota"),
    "too long": error(400, "This model's maximum context length is 8192 tokens", code="context_length_exceeded"),
}


@pytest.mark.parametrize("reason", OTHER_REASONS.values(), ids=OTHER_REASONS)
async def test_what_no_other_way_of_asking_would_change_is_not_asked_again(wire: Wire, reason: Behaviour) -> None:
    held = await summed(wire, reason)
    assert held.failures == ["ModelRejected"]
    assert held.modes == ["native"]
    assert held.result.outcome.kind == "failed"
