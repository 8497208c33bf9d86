"""Typed answers: asked for in three ways, refused, put right, asked of a stronger model, and failed by name."""

from __future__ import annotations

import enum
from datetime import date
from decimal import Decimal
from typing import Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field

from agentchat.agents.assistant import Assistant
from agentchat.agents.function import agent
from agentchat.conversation import Conversation
from agentchat.errors import ConfigurationError, ModelUnsupported, WrongType
from agentchat.models.scripted import ScriptedModel
from agentchat.policy.rules import Emitted, Failures, MaxTurns
from agentchat.result import Result
from agentchat.seams import Turn
from agentchat.transcript.calls import ModelRecipe, OutputMode, Reply
from agentchat.transcript.events import CallStarted, Refused, Said, TurnFailed
from agentchat.transcript.messages import TextPart, ToolCallPart
from tests.odd_types import Computed, Dated, Renamed
from tests.runtime.checking import checked
from tests.runtime.team import Recording, asks, only

pytestmark = pytest.mark.anyio


class Mood(enum.Enum):
    good = "good"
    bad = "bad"


class Line(BaseModel):
    item: str
    price: Decimal


class Report(BaseModel):
    passed: bool
    day: date | None = None
    mood: Mood = Mood.good
    lines: list[Line] = []
    kind: Literal["full", "short"] = "short"


class Question(BaseModel):
    text: str


GOOD = '{"passed":true,"day":"2026-11-22","mood":"bad","lines":[{"item":"tea","price":"1.50"}],"kind":"full"}'


async def run(model: Recording, **given: Any) -> Result:
    writer = Assistant("writer", model=model, **{"emits": Report, **given})
    result = await Conversation([writer], until=Emitted(Report) | MaxTurns(3)).run("go")
    checked(result.transcript)
    return result


async def test_a_typed_answer_arrives_as_its_model_and_is_stored_once() -> None:
    result = await run(Recording(GOOD))
    assert result.output == Report.model_validate_json(GOOD)
    said = only(result.transcript, Said)[-1].event
    assert isinstance(said, Said)
    assert (said.type, said.body) == ("Report", None)  # the payload is that of the call
    assert result.outcome.kind == "done"


async def test_the_output_as_the_class_it_is_to_be() -> None:
    result = await Conversation(
        [Assistant("a", model=Recording('{"text":"why?"}'), emits=Question)], until=MaxTurns(1)
    ).run("go")
    assert result.output_as(Question).text == "why?"
    with pytest.raises(WrongType, match=r"was to be a Report, and it is a Question; the run ended as limit: MaxTurns"):
        result.output_as(Report)
    result = await Conversation([Assistant("a", model=Recording())], until=MaxTurns(1)).run("go")
    with pytest.raises(WrongType, match=r"was to be a Report, and there is none; the run ended as failed: "):
        result.output_as(Report)
    result = await Conversation([Assistant("a", model=ScriptedModel(["29"]))], until=MaxTurns(1)).run("go")
    words: str = result.output_as(str)
    assert words == "29"


async def test_the_server_is_held_to_the_schema() -> None:
    model = Recording(GOOD)
    await run(model)
    asked = model.bodies[0]["response_format"]
    assert asked["type"] == "json_schema"
    assert asked["json_schema"]["strict"] is True
    assert asked["json_schema"]["schema"]["required"] == ["passed", "day", "mood", "lines", "kind"]


async def test_a_wrong_answer_is_refused_with_what_was_wrong_and_put_right() -> None:
    model = Recording("Sure! Here it is", '{"passed":"perhaps"}', GOOD)
    result = await run(model)
    assert result.output == Report.model_validate_json(GOOD)
    refused = [one.event for one in only(result.transcript, Refused)]
    assert [one.problems[0][:22] for one in refused if isinstance(one, Refused)] == [
        "the answer must be one",
        "passed: Input should b",
    ]
    assert model.roles() == ["user", "assistant", "user", "assistant", "user"]
    assert "passed: Input should be a valid boolean" in model.bodies[2]["messages"][-1]["content"]


async def test_after_all_repairs_the_turn_fails_by_name_and_keeps_everything() -> None:
    result = await run(Recording(*["no"] * 9))
    assert result.outcome.kind == "failed"
    assert "AnswerRefused" in result.outcome.reason
    assert ".py:" not in result.outcome.reason  # no line of the user's led to it
    assert len(only(result.transcript, Refused)) == 3
    assert len(only(result.transcript, CallStarted)) == 3
    assert result.output is None


async def test_the_last_repair_goes_to_the_stronger_model() -> None:
    weak, strong = Recording(*["no"] * 9, name="weak"), Recording(GOOD, name="strong")
    result = await run(weak, stronger=strong, repairs=1)
    assert (len(weak.bodies), len(strong.bodies)) == (2, 1)
    assert result.output == Report.model_validate_json(GOOD)
    assert {name: spent.calls for name, spent in result.usage.by_model.items()} == {"weak": 2, "strong": 1}


async def test_a_check_of_the_users_says_what_to_put_right() -> None:
    def strict(report: Report) -> None:
        if not report.lines:
            raise ValueError("give at least one line")

    model = Recording('{"passed":true}', GOOD)
    result = await run(model, check=strict)
    assert result.output == Report.model_validate_json(GOOD)
    assert "give at least one line" in model.bodies[1]["messages"][-1]["content"]


async def test_one_of_several_types() -> None:
    model = Recording('{"answer":{"type":"Question","value":{"text":"why?"}}}')
    writer = Assistant("writer", model=model, emits=Report | Question)
    result = await Conversation([writer], until=MaxTurns(1)).run("go")
    checked(result.transcript)
    assert result.output == Question(text="why?")


async def test_an_answer_by_a_tool() -> None:
    model = Recording(asks(("answer", '{"passed":"x"}')), asks(("answer", GOOD)), output="tool")
    result = await run(model)
    assert result.output == Report.model_validate_json(GOOD)
    assert model.bodies[0]["tool_choice"] == {"type": "function", "function": {"name": "answer"}}
    assert model.roles(1) == ["user", "assistant", "tool"]
    said = only(result.transcript, Said)[-1].event
    assert isinstance(said, Said)
    assert said.type == "Report"


async def test_an_answer_in_words() -> None:
    model = Recording(f"Here you are:\n```json\n{GOOD}\n```", output="prompted")
    result = await run(model, instructions="Report.")
    assert result.output == Report.model_validate_json(GOOD)
    system = model.bodies[0]["messages"][0]
    assert system["role"] == "system"
    assert system["content"].startswith("Report.\n\nAnswer with one JSON object")
    assert "response_format" not in model.bodies[0]


async def test_a_server_that_refuses_schema_and_tools_is_asked_in_words() -> None:
    model = Recording(ModelUnsupported("400: response_format"), ModelUnsupported("400: tools"), GOOD, GOOD)
    writer = Assistant("writer", model=model, emits=Report, instructions="Report.")
    result = await Conversation([writer], until=MaxTurns(2)).run("go")
    checked(result.transcript)
    started = [one.event for one in only(result.transcript, CallStarted)]
    modes = [
        one.recipe.output for one in started if isinstance(one, CallStarted) and isinstance(one.recipe, ModelRecipe)
    ]
    assert modes == ["native", "tool", "prompted", "prompted"]  # it is not tried again in the next turn
    assert result.output == Report.model_validate_json(GOOD)


async def test_a_declared_way_is_the_only_one() -> None:
    model = Recording(*[ModelUnsupported("400")] * 3, output="native")
    result = await run(model)
    assert result.outcome.kind == "failed"
    assert len(model.bodies) == 1


@pytest.mark.parametrize("finish", ["refusal", "length"])
async def test_a_refusal_and_a_cut_answer_are_told_apart(finish: str) -> None:
    cut = Reply(parts=(TextPart(content='{"passed":tr'),), finish=finish)
    model = Recording(cut, GOOD)
    result = await run(model)
    refused = only(result.transcript, Refused)[0].event
    assert isinstance(refused, Refused)
    assert ("refused" if finish == "refusal" else "cut off") in refused.problems[0]


async def test_a_function_that_says_another_type_is_refused() -> None:
    @agent
    async def odd(text: str, turn: Turn) -> Report:
        return Question(text="?")  # type: ignore[return-value]  # that is the point

    result = await Conversation([odd], until=MaxTurns(3)).run("go")
    checked(result.transcript)
    assert result.outcome.kind == "failed"
    assert "odd said Question, and it says Report only" in result.outcome.reason


async def test_an_instance_that_was_never_validated_is_not_delivered() -> None:
    @agent
    async def odd(text: str, turn: Turn) -> Report:
        return Report.model_construct(passed="perhaps")  # type: ignore[arg-type]  # that is the point

    @agent
    async def reader(report: Report, turn: Turn) -> str:
        raise AssertionError("it must not arrive")

    result = await Conversation([odd, reader], until=MaxTurns(3)).run("go")
    checked(result.transcript)
    assert result.outcome.kind == "failed"
    assert "passed" in result.outcome.reason
    assert only(result.transcript, Refused)


async def test_a_typed_reply_inside_a_function() -> None:
    @agent(model=Recording("no", GOOD))
    async def critic(text: str, turn: Turn) -> Report:
        return await turn.reply()  # type: ignore[return-value]  # what it gives back is said as it is

    result = await Conversation([critic], until=MaxTurns(1)).run("go")
    checked(result.transcript)
    assert result.output == Report.model_validate_json(GOOD)


async def test_the_next_agent_gets_the_message_it_accepts() -> None:
    seen: list[object] = []

    @agent
    async def reader(report: Report, turn: Turn) -> str:
        seen.append(report)
        return "read"

    @agent
    async def chatter(text: str, turn: Turn) -> str:
        return "by the way"

    writer = Assistant("writer", model=Recording(GOOD), emits=Report)
    result = await Conversation([writer, chatter, reader], until=MaxTurns(3)).run("go")
    checked(result.transcript)
    assert seen == [Report.model_validate_json(GOOD)]


async def test_tolerated_failures_of_answers_go_on() -> None:
    model = Recording("no", "no", "no", GOOD)
    writer = Assistant("writer", model=model, emits=Report)
    result = await Conversation([writer], until=Emitted(Report) | MaxTurns(5) | Failures(3)).run("go")
    checked(result.transcript)
    assert len(only(result.transcript, TurnFailed)) == 1
    assert result.output == Report.model_validate_json(GOOD)


def test_message_types_that_cannot_be() -> None:
    with pytest.raises(ConfigurationError, match="emits of writer is 3"):
        Assistant("writer", model=Recording(), emits=3)
    with pytest.raises(ConfigurationError, match="cannot be named Text"):
        Assistant("writer", model=Recording(), emits=type("Text", (BaseModel,), {"__module__": __name__}))
    other = type("Report", (BaseModel,), {"__module__": "elsewhere"})
    team = [
        Assistant("a", model=Recording(name="a"), emits=Report),
        Assistant("b", model=Recording(name="b"), emits=other),
    ]
    with pytest.raises(ConfigurationError, match="two message types are named Report"):
        Conversation(team, until=MaxTurns(1))


class Exact(BaseModel):
    model_config = ConfigDict(strict=True)

    day: date
    mood: Mood
    prices: set[Decimal]


@pytest.mark.parametrize("output", ["native", "tool", "prompted"])
@pytest.mark.parametrize(
    ("kind", "reply", "expected"),
    [
        (Renamed, '{"read_as": "Ann"}', Renamed(read_as="Ann")),
        (Computed, '{"half": 2}', Computed(half=2)),
        (Dated, '{"day": "2026-11-22"}', Dated(day=date(2026, 11, 22))),
        (
            Exact,
            '{"day": "2026-11-22", "mood": "bad", "prices": ["1.50"]}',
            Exact(day=date(2026, 11, 22), mood=Mood.bad, prices={Decimal("1.50")}),
        ),
    ],
)
async def test_a_class_that_does_not_read_its_own_dump_is_delivered_all_the_same(
    kind: type[BaseModel], reply: str, expected: BaseModel, output: OutputMode
) -> None:
    got: list[BaseModel] = []

    async def reader(message: Any, turn: Turn) -> str:
        got.append(message)
        return "read"

    reader.__annotations__ = {"message": kind, "turn": Turn, "return": str}
    answer = (
        Reply(parts=(ToolCallPart(id="1", name="answer", arguments=reply),), finish="tool_calls")
        if output == "tool"
        else reply
    )
    fenced = f"Here it is:\n```json\n{reply}\n```" if output == "prompted" else answer
    writer = Assistant("writer", model=Recording(fenced, output=output), emits=kind)
    result = await Conversation([writer, agent(reader)], until=MaxTurns(2)).run("go")
    assert got == [expected], result.outcome
    checked(result.transcript)


class Diary(BaseModel):
    model_config = ConfigDict(strict=True)

    days: set[date] = set()
    first: str = Field(default="", alias="firstEntry")


async def test_a_state_class_that_is_strict_and_has_aliases_is_kept() -> None:
    @agent(state=Diary)
    async def keeper(message: str, turn: Turn) -> str:
        await turn.set_state(Diary(days={*turn.state.days, date(2026, 11, 22)}, firstEntry=turn.state.first or message))
        return f"{turn.state.first} {len(turn.state.days)}"

    result = await Conversation([keeper], until=MaxTurns(2)).run("dawn")
    assert [message.text for message in result.transcript.messages()] == ["dawn", "dawn 1", "dawn 1"]
