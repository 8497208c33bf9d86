"""Tool calls that cannot be made as they stand: each gets a result under its own id, and the conversation goes on."""

from __future__ import annotations

from typing import Any

import pytest

from agentchat.transcript.calls import ToolRecipe
from agentchat.transcript.events import CallStarted
from tests.real.asking import Held, hold
from tests.servers.both_wires import WIRES, Call, Wire, asks, calls_in, results, says, tool_names

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("wire", WIRES)]


class Adder:
    """A tool, and the calls that reached it."""

    def __init__(self) -> None:
        self.made: list[tuple[int, int]] = []

    def add(self, a: int, b: int = 0) -> int:
        """Add two numbers."""
        self.made.append((a, b))
        return a + b


async def work(wire: Wire, *replies: tuple[Call, ...], adder: Adder | None = None, **more: Any) -> Held:
    """A run in which the model asks for these tools, one reply after the other, and then is done."""
    used = adder or Adder()
    behaviours = [*(asks(wire, *calls) for calls in replies), says(wire, "done")]
    return await hold(behaviours, wire=wire, tools=[used.add], **more)


def calls_made(held: Held) -> list[str | None]:
    """The ids of the tool calls that were made."""
    return [one.recipe.tool_call_id for one in held.events(CallStarted) if isinstance(one.recipe, ToolRecipe)]


BROKEN = {
    "no JSON": ("{a:1}", "the arguments are not valid JSON"),
    "breaks off": ('{"a":1,"b"', "the arguments are not valid JSON"),
    "JSON in prose": ('The arguments: {"a":1}', "the arguments are not valid JSON"),
    "two objects": ('{"a":1}{"a":2}', "the arguments are not valid JSON"),
    "list": ("[1,2]", "the arguments must be one JSON object, not a list"),
    "null": ("null", "the arguments must be one JSON object"),
    "text of JSON": ('"{\\"a\\":1}"', "the arguments must be one JSON object"),
    "name twice": ('{"a":1,"a":2}', "the arguments name a twice"),
    "wrong type": ('{"a":"one"}', "a: Input should be a valid integer"),
    "half": ('{"a":1.5}', "a: Input should be a valid integer"),
    "too large": ('{"a":1e999}', "is too large"),
    "deep": ('{"a":' * 3000, "the arguments are not valid JSON"),
    "missing": ('{"b":1}', "a: is missing"),
    "nothing": ("", "a: is missing"),
    "unknown": ('{"a":1,"bb":2}', "bb: there is no such parameter; did you mean b?"),
    "null for a number": ('{"a":null}', "a: Input should be a valid integer"),
}


async def test_broken_arguments_are_told_and_nothing_is_called(wire: Wire) -> None:
    adder = Adder()
    calls = [Call("add", text, f"call_{place}") for place, (text, _) in enumerate(BROKEN.values())]
    held = await work(wire, tuple(calls), adder=adder)
    assert (adder.made, calls_made(held)) == ([], [])
    assert held.result.output == "done"
    told = results(held.bodies[1])
    assert list(told) == [call.id for call in calls]
    wrong = [
        f"{name}: {problem!r} is not in {said!r} and {found!r}"
        for (name, (_, problem)), said, found in zip(BROKEN.items(), told.values(), held.problems, strict=True)
        if not said.startswith("error: ") or problem not in said or problem not in found
    ]
    assert wrong == []
    assert [(one.tool_call_id, one.by, one.raw) for one in held.refused] == [(call.id, "agent", None) for call in calls]


async def test_a_call_in_which_the_answer_was_cut_off(wire: Wire) -> None:
    adder = Adder()
    cut = asks(wire, Call("add", '{"a":1}', "x"), Call("add", '{"a":12', "y"), cut=True)
    held = await hold([cut, says(wire, "done")], wire=wire, tools=[adder.add])
    assert adder.made == [(1, 0)]
    told = results(held.bodies[1])
    assert told["x"] == "1"
    assert told["y"].startswith("error: the arguments are not valid JSON")


async def test_what_can_be_called_is_and_the_results_stand_in_the_order_of_the_calls(wire: Wire) -> None:
    adder = Adder()
    calls = (Call("add", '{"a":"?"}', "c"), Call("add", '{"a":1,"b":2}', "b"), Call("sub", "{}", "a"))
    held = await work(wire, (*calls, Call("add", '{"a":5}', "d")), adder=adder)
    assert sorted(adder.made) == [(1, 2), (5, 0)]
    assert calls_made(held) == ["b", "d"]
    told = results(held.bodies[1])
    assert list(told) == ["c", "b", "a", "d"]
    assert (told["b"], told["d"]) == ("3", "5")
    assert told["a"] == "error: there is no tool 'sub'; there are: add"
    assert [call.name for call in calls_in(held.bodies[1])] == ["add", "add", "sub", "add"]


ODD = ("", "functions.add", "add()", "a b", "ädd", "x" * 65, 'add"},{"', "add\n", "\u2028")


async def test_tools_that_nobody_has_are_named_and_go_back_as_a_service_takes_them(wire: Wire) -> None:
    adder = Adder()
    calls = tuple(Call(name, "{}", f"call_{place}") for place, name in enumerate(("ad", "Add", *ODD)))
    if wire == "chat":
        calls = tuple(call for call in calls if call.name)  # here a fragment without a name goes on with the last call
    held = await work(wire, calls, adder=adder)
    assert adder.made == []
    assert held.result.output == "done"
    assert list(results(held.bodies[1])) == [call.id for call in calls]
    for call, problem in zip(calls, held.problems, strict=True):
        told = f"there is no tool {call.name!r}"
        assert problem in (f"{told}; did you mean 'add'?", f"{told}; there are: add")


async def test_a_tool_of_another_agent_is_none_of_its_own(wire: Wire) -> None:
    held = await hold([asks(wire, Call("add", '{"a":1}', "x")), says(wire, "done")], wire=wire)
    assert held.result.output == "done"
    assert held.problems == ["there is no tool 'add'"]
    assert tool_names(held.bodies[0]) == []


ADD = '{"a":1}'
IDS = {
    "none": ((None, None), ["call_0", "call_1"]),
    "empty": (("", ""), ["call_0", "call_1"]),
    "twice": (("x", "x"), ["x", "call_1"]),
    "made-up": ((None, "call_0"), ["call_0", "call_1"]),
    "odd": (('a"b\\c\n', "ü\u2028😀"), ['a"b\\c\n', "ü\u2028😀"]),
    "half a character": (("\ud83d", "\ud83d"), ["\ufffd", "call_1"]),
}


@pytest.mark.parametrize(("given", "made"), IDS.values(), ids=IDS)
async def test_ids_that_tell_nothing_apart(wire: Wire, given: tuple[str | None, str | None], made: list[str]) -> None:
    """Whatever ids a server gives, two calls have two, and each result says which it answers."""
    adder = Adder()
    first = (Call("add", '{"a":1}', given[0]), Call("add", '{"a":2}', given[1]))
    held = await work(wire, first, (Call("add", '{"a":3}', given[0]),), adder=adder)
    assert sorted(adder.made) == [(1, 0), (2, 0), (3, 0)]
    assert [call.id for call in calls_in(held.bodies[1])] == made
    assert results(held.bodies[1]) == dict(zip(made, ["1", "2"], strict=True))
    assert [call.id for call in calls_in(held.bodies[2])] == [*made, made[0]]  # an older call may have had the same


async def test_a_model_that_asks_for_what_is_not_there_again_and_again_ends_by_name(wire: Wire) -> None:
    held = await hold([asks(wire, Call("look", "{}", "x"))], wire=wire)
    assert len(held.bodies) == 16  # of one turn
    assert held.delivered == []
    assert held.result.outcome.kind in ("failed", "limit")
    assert "model" in held.result.outcome.reason


async def test_a_hundred_calls_of_one_reply_are_not_all_made(wire: Wire) -> None:
    adder = Adder()
    calls = tuple(Call("add", f'{{"a":{number}}}', f"c{number}") for number in range(100))
    held = await work(wire, calls, adder=adder)
    assert len(adder.made) <= 64
    assert held.result.output == "done"
    told = results(held.bodies[1])
    assert list(told) == [f"c{number}" for number in range(100)]
    assert told["c99"].startswith("not called: ")
