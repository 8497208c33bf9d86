"""A model that gives something else than the typed answer it is asked for: refused, put right, and only then said."""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import BaseModel

from agentchat.agents.assistant import Assistant
from agentchat.policy.charter import CallLimits
from agentchat.policy.rules import Emitted, MaxTurns
from tests.real.asking import Held, hold
from tests.servers.both_wires import (
    WIRES,
    Call,
    Wire,
    asks,
    messages,
    refuses,
    results,
    says,
    schema_in,
    spoken,
    tool_names,
)
from tests.servers.fake_openai import Behaviour

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("wire", WIRES)]


class Mood(enum.Enum):
    good = "good"
    bad = "bad"


class Line(BaseModel):
    item: str
    price: float


class Report(BaseModel):
    passed: bool
    mood: Mood
    lines: list[Line]


GOOD = '{"passed":true,"mood":"bad","lines":[{"item":"tea","price":1.5}]}'
OTHER = '{"passed":false,"mood":"good","lines":[]}'
REPORT = Report.model_validate_json(GOOD)

WRONG = {
    "prose": ("Sure! I think it passed.", "there is no JSON object in it"),
    "wrong JSON": ('{"passed":tru}', "the answer is no correct JSON"),
    "single quotes": ("{'passed':True}", "the answer is no correct JSON"),
    "wrong schema": ('{"passed":"perhaps","mood":"odd","lines":[{"item":3}]}', "passed: Input should be a valid bool"),
    "enum": (GOOD.replace("bad", "fine"), "mood: Input should be 'good' or 'bad', not "),
    "nested": (GOOD.replace("1.5", '"dear"'), "lines[0].price: Input should be a valid number"),
    "no field": ("{}", "passed: Field required"),
    "JSON in prose": (f"Here it is: {GOOD}", "there is text before it, up to character 12"),
    "prose behind": (f"{GOOD} Is that all right?", "there is text after it"),
    "fenced": (f"```json\n{GOOD}\n```", "there is text before it"),
    "two objects": (GOOD + OTHER, "there is a second JSON value after it"),
    "two lines": (f"{GOOD}\n{GOOD}", "there is a second JSON value after it"),
    "key twice": (GOOD.replace('"mood"', '"passed":false,"mood"'), 'the key "passed" comes more than once'),
    "list": (f"[{GOOD}]", "there is text before it, up to character 1"),
    "null": ("null", "there is no JSON object in it"),
    "nan": (GOOD.replace("1.5", "NaN"), "NaN is no JSON number"),
    "endless number": (GOOD.replace("1.5", "1e999"), "too large"),
    "half a character": (GOOD.replace("tea", "\\ud83d"), "text that is no Unicode"),
    "empty": ("", "the answer is empty"),
    "blank": (" \n\n\t ", "the answer is empty"),
    "breaks off": (GOOD[:20], "breaks off before the JSON is complete"),
    "deep": ('{"lines":' + "[" * 3000 + "]" * 3000 + "}", "nested too deeply"),
}  # fmt: skip
"""What a model says instead, and what it is told."""


async def report(wire: Wire, *behaviours: Behaviour, **more: Any) -> Held:
    most = len(behaviours)
    more = {"until": Emitted(Report) | MaxTurns(1), "repairs": most, "limits": CallLimits(model_calls=most + 1), **more}
    return await hold(behaviours, wire=wire, emits=Report, **more)


def put_right(held: Held) -> None:
    """The report is what was said, once; all that came before it was refused, and stands where it came in."""
    assert held.result.output == REPORT
    assert [one.sender for one in held.delivered] == ["ann"]
    assert held.result.outcome.kind == "done"
    assert [(one.by, one.raw, one.from_calls is None) for one in held.refused] == [("agent", None, False)] * (
        len(held.bodies) - 1
    )


def told_of(held: Held, cases: dict[str, Any]) -> list[str]:
    """The cases whose problem was not the one recorded, and said to the model with the next request."""
    return [
        f"{name}: {problem!r} is not in {found!r}"
        for place, ((name, (_, problem)), found) in enumerate(zip(cases.items(), held.problems, strict=True))
        if problem not in found or problem not in spoken(held.bodies[place + 1])[-1][1]
    ]


async def test_what_is_not_the_answer_is_refused_and_put_right(wire: Wire) -> None:
    held = await report(wire, *(says(wire, text) for text, _ in WRONG.values()), says(wire, GOOD))
    put_right(held)
    assert told_of(held, WRONG) == []
    form = schema_in(held.bodies[0])
    assert form is not None
    assert form["strict"] is True
    for place, (text, _) in enumerate(WRONG.values()):
        before, after = spoken(held.bodies[place]), spoken(held.bodies[place + 1])
        assert after[: len(before)] == before
        *own, (role, told) = after[len(before) :]
        assert own == ([("assistant", text)] if text else [])  # what it said, word for word
        assert role == "user"
        assert told.startswith("Your answer was not accepted:\n- ")
        assert schema_in(held.bodies[place + 1]) == form


async def test_a_refusal_is_told_apart_from_an_answer(wire: Wire) -> None:
    held = await report(wire, refuses(wire, "I cannot help with that."), refuses(wire, OTHER), says(wire, GOOD))
    put_right(held)
    assert held.reply(0).finish == "refusal"
    assert held.problems == ["the model refused: I cannot help with that.", f"the model refused: {OTHER}"]


async def test_an_answer_that_was_cut_off_is_asked_for_again(wire: Wire) -> None:
    held = await report(wire, says(wire, GOOD[:30], cut=True), says(wire, GOOD))
    put_right(held)
    assert held.reply(0).finish == "length"
    assert held.problems == ["the answer was cut off at the limit on its length: answer more briefly"]


async def test_every_wrong_answer_of_a_turn_is_kept_and_none_is_delivered(wire: Wire) -> None:
    texts = [WRONG[name][0] for name in ("prose", "two objects", "wrong schema")]
    held = await report(wire, *(says(wire, text) for text in texts), says(wire, GOOD), repairs=2)
    assert len(held.bodies) == 3  # two repairs, and not one more
    assert held.delivered == []
    assert held.result.output is None
    assert (held.result.outcome.kind, held.turn_error[0]) == ("failed", "AnswerRefused")
    assert "passed: Input should be a valid boolean" in held.result.outcome.reason
    assert [held.reply(place).text for place in range(3)] == texts


async def test_nothing_of_a_refused_answer_reaches_another_agent(wire: Wire) -> None:
    server = [says(wire, "Sure! Here it comes"), says(wire, GOOD), says(wire, "I read it.")]
    until = MaxTurns(2)
    held = await report(wire, *server, until=until, others=lambda model: [Assistant("bob", model=model)])
    assert [one.sender for one in held.delivered] == ["ann", "bob"]
    assert "not accepted" in str(held.bodies[1])
    assert "Sure" not in str(held.bodies[2])
    assert "not accepted" not in str(held.bodies[2])
    assert [role for role, _ in spoken(held.bodies[2])] == ["user", "user"]


# asked for by a tool


def answered(arguments: str, id: str | None = "call_a") -> Call:
    return Call("answer", arguments, id)


BY_TOOL = {"output": "tool"}
BROKEN = {name: WRONG[name] for name in ("wrong JSON", "wrong schema", "two objects", "key twice", "deep", "nan")}


async def test_a_wrong_answer_by_a_tool_is_told_as_the_tools_result(wire: Wire) -> None:
    calls = [asks(wire, answered(text, f"call_{place}")) for place, (text, _) in enumerate(BROKEN.values())]
    held = await report(wire, *calls, asks(wire, answered(GOOD)), model=BY_TOOL)
    put_right(held)
    assert tool_names(held.bodies[0]) == ["answer"]
    assert schema_in(held.bodies[0]) is None
    told = results(held.bodies[-1])
    assert list(told) == [f"call_{place}" for place in range(len(BROKEN))] == [one.tool_call_id for one in held.refused]
    for (_, problem), said in zip(BROKEN.values(), told.values(), strict=True):
        assert said.startswith("error: ")
        assert problem in said


NoTool = Callable[[Wire], Behaviour]
WORDS: dict[str, tuple[NoTool, str]] = {
    "prose": (lambda wire: says(wire, "It passed."), "there is no JSON object in it"),
    "empty": (lambda wire: says(wire, ""), "the answer is empty"),
    "refusal": (lambda wire: refuses(wire, "No."), "the model refused: No."),
    "cut": (lambda wire: says(wire, "It", cut=True), "was cut off"),
}


async def test_a_model_that_does_not_use_the_tool_for_its_answer(wire: Wire) -> None:
    behaviours = [make(wire) for make, _ in WORDS.values()]
    held = await report(wire, *behaviours, asks(wire, answered(GOOD)), model=BY_TOOL)
    put_right(held)
    assert told_of(held, WORDS) == []


@pytest.mark.parametrize("calls", [(), (answered(GOOD[:20]),), (answered(""),)], ids=["none", "cut", "empty"])
async def test_a_call_of_the_tool_that_breaks_off(wire: Wire, calls: tuple[Call, ...]) -> None:
    held = await report(wire, asks(wire, *calls, cut=True), asks(wire, answered(GOOD)), model=BY_TOOL)
    put_right(held)
    assert len(held.problems) == 1


async def test_two_answers_in_one_reply_are_none(wire: Wire) -> None:
    """Nobody could tell which of them is meant."""
    both = asks(wire, answered(GOOD, "call_a"), answered(OTHER, "call_b"))
    held = await report(wire, both, asks(wire, answered(GOOD, "call_c")), model=BY_TOOL)
    put_right(held)
    assert set(results(held.bodies[1])) == {"call_a", "call_b"}


@pytest.mark.parametrize("answer", [GOOD, "{}"], ids=["fits", "fits-not"])
@pytest.mark.parametrize("first", [True, False], ids=["in-front", "behind"])
async def test_an_answer_beside_another_call(wire: Wire, answer: str, first: bool) -> None:
    """What is delivered is what was validated; the other call is not made, and none is left without a result."""
    made: list[str] = []

    def note(text: str) -> str:
        """Notes something."""
        made.append(text)
        return "noted"

    calls = [answered(answer), Call("note", '{"text":"x"}', "call_n")]
    both = asks(wire, *(calls if first else reversed(calls)))
    held = await report(wire, both, asks(wire, answered(GOOD, "call_b")), model=BY_TOOL, tools=[note])
    put_right(held)
    assert made == []
    if answer != GOOD:
        told = results(held.bodies[1])
        assert told["call_n"].startswith("not called")
        assert "passed: Field required" in told["call_a"]


# asked for in words


PROMPTED = {
    "in prose": (f"The answer is {GOOD}", "there is text before it"),
    "two fences": (f"```json\n{GOOD}\n```\nor\n```json\n{OTHER}\n```", "there are 2 fenced blocks of JSON in it"),
    "fence behind an object": (f"{OTHER}\n```json\n{GOOD}\n```", "there is text after it"),
    "object in the words": (f"First {OTHER}, then:\n```json\n{GOOD}\n```", "another one outside of the fenced block"),
    "open fence": (f"```json\n{GOOD[:30]}", "breaks off before the JSON is complete"),
}


@pytest.mark.parametrize("last", [GOOD, f"Here you are:\n```json\n{GOOD}\n```\nAll right?"], ids=["bare", "fenced"])
async def test_words_around_an_answer_that_was_asked_for_in_words(wire: Wire, last: str) -> None:
    behaviours = [says(wire, text) for text, _ in PROMPTED.values()]
    held = await report(wire, *behaviours, says(wire, last), model={"output": "prompted"})
    put_right(held)
    assert told_of(held, PROMPTED) == []
    assert schema_in(held.bodies[0]) is None
    assert tool_names(held.bodies[0]) == []
    assert "passed" in messages(held.bodies[0])[0]["content"]
