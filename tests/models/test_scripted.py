"""The models that ship for tests: they answer by place, keep nothing, and invent nothing."""

from __future__ import annotations

from typing import Any

import anyio
import pytest
from pydantic import BaseModel, RootModel

from agentchat import Assistant, Budget, CallLimits, Cap, Conversation, Direction, Handoffs, MaxTurns, Price, Supervisor
from agentchat.errors import ConfigurationError, ModelBadReply, ModelBusy, ModelRejected
from agentchat.models.function import FunctionModel
from agentchat.models.scripted import Chunks, Scripted, ScriptedModel
from agentchat.policy.prompts.request import ModelRequest
from agentchat.seams import Model
from agentchat.transcript.calls import Reply, ToolResult, Usage
from agentchat.transcript.events import CallFinished
from agentchat.transcript.messages import Handoff, Text, TextPart, ToolCallPart
from tests.models.asking import Heard, ask, request_for

pytestmark = pytest.mark.anyio


async def _async_echo(request: ModelRequest) -> str:
    return request.messages[-1].content.upper()


async def test_each_kind_of_answer() -> None:
    given = Reply(parts=(TextPart(content="r"),), finish="length", usage=Usage(input_tokens=1))
    model = ScriptedModel(["a", given, lambda request: request.messages[-1].content, _async_echo, lambda _: given])
    replies = [(await ask(model, "hi", index=place))[0] for place in range(5)]
    assert replies[0] == Reply(parts=(TextPart(content="a"),), finish="stop", usage=None)
    assert replies[1] == replies[4] == given
    assert [reply.text for reply in replies[2:4]] == ["hi", "HI"]


async def test_an_exception_is_raised_each_time() -> None:
    busy = ModelBusy("later", retry_after=1.0)
    model = ScriptedModel([busy, "ok"])
    for _ in range(3):
        with pytest.raises(ModelBusy) as caught:
            await ask(model)
        assert caught.value is busy
        depth = 0
        trace = busy.__traceback__
        while trace:
            depth, trace = depth + 1, trace.tb_next
        assert depth < 5
    assert (await ask(model, index=1))[0].text == "ok"


async def test_chunks_arrive_one_by_one_and_others_run_between() -> None:
    model = ScriptedModel([Chunks(("a", "b", "c"))])
    log: list[str] = []

    async def other() -> None:
        log.append("other")

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(other)
        reply = await model.complete(request_for(model), log.append)
    assert reply.text == "abc"
    assert [entry for entry in log if entry != "other"] == ["a", "b", "c"]
    assert log.index("other") < log.index("c")


async def test_chunks_can_be_cancelled_between_pieces() -> None:
    model = ScriptedModel([Chunks(("a", "b"))])
    heard = Heard()
    with anyio.CancelScope() as scope:

        def emit(text: str) -> None:
            heard.append(text)
            scope.cancel()

        await model.complete(request_for(model), emit)
    assert (heard, scope.cancelled_caught) == (["a"], True)


async def test_a_delay_can_be_cancelled() -> None:
    with anyio.move_on_after(0) as scope:
        await ask(ScriptedModel(["never"], delay=3600))
    assert scope.cancelled_caught


async def test_one_model_serves_many_conversations_by_place() -> None:
    model = ScriptedModel(["one", "two"])
    places = [("x", 0), ("y", 1), ("x", 1), ("y", 0)]
    texts = [
        (await model.complete(request_for(model, conversation=name, index=place), Heard().append)).text
        for name, place in places
    ]
    assert texts == ["one", "two", "two", "one"]


async def test_asking_beyond_the_end_names_how_many_there_were() -> None:
    with pytest.raises(ModelRejected, match=r"'short' has 1 replies and was asked for number 2"):
        await ask(ScriptedModel(["only"], name="short"), index=1)


async def test_assert_complete_names_what_was_not_used() -> None:
    model = ScriptedModel(["one", Chunks(("t", "wo")), ModelBusy("x" * 200)])
    with pytest.raises(AssertionError, match=r"(?s)3 of 3 .*0: 'one'.*1: Chunks"):
        model.assert_complete()
    for place in range(2):
        await ask(model, index=place)
    with pytest.raises(AssertionError) as caught:
        model.assert_complete("talk")
    assert "1 of 3" in str(caught.value)
    assert "0: 'one'" not in str(caught.value)
    with pytest.raises(ModelBusy):
        await model.complete(request_for(model, conversation="other", index=2), Heard().append)
    model.assert_complete()
    model.assert_complete("other")
    with pytest.raises(AssertionError):
        model.assert_complete("talk")


async def test_a_function_is_a_model() -> None:
    model = FunctionModel(_async_echo, name='the "echo"')
    assert (await ask(model, "hi"))[0].text == "HI"
    assert model.card().tail == '],"model":"the \\"echo\\""'
    assert FunctionModel(_async_echo).card().name == "_async_echo"
    assert FunctionModel(lambda _: "x").card().name == "function"


async def test_a_function_must_answer_with_text_or_reply() -> None:
    def wrong(request: ModelRequest) -> str:
        return 17  # type: ignore[return-value]  # the mistake that is tested

    with pytest.raises(ConfigurationError, match="returned a int; an answer is a text"):
        await ask(FunctionModel(wrong))


def test_wrong_scripts_are_refused_at_once() -> None:
    with pytest.raises(ConfigurationError, match="a list of replies"):
        ScriptedModel("one text")
    with pytest.raises(ConfigurationError, match="reply 1 of 'scripted' is a int"):
        ScriptedModel(["a", 3])  # type: ignore[list-item]  # the mistake that is tested
    with pytest.raises(ConfigurationError, match="takes a function"):
        FunctionModel("x")  # type: ignore[arg-type]  # the mistake that is tested
    assert ScriptedModel([], name="s").card().tail == '],"model":"s"'


class Verdict(BaseModel):
    right: bool


class Numbers(RootModel[list[int]]):
    pass


def refund(order: int) -> str:
    """Give the money back."""
    return f"{order} is refunded"


async def outputs(model: Model, emits: object = None, **more: Any) -> list[object]:
    """What an assistant of this model says in two turns."""
    seen = Assistant("ann", model=model, emits=emits, repairs=0, **more)
    result = await Conversation([seen], until=MaxTurns(2)).run("go")
    assert result.outcome.kind == "limit", result.outcome
    return [message.model({"Verdict": Verdict, "Numbers": Numbers}) for message in result.transcript.messages()[1:]]


@pytest.mark.parametrize("emits", [Verdict | Numbers, str | Verdict | Numbers])
async def test_a_typed_answer_is_given_in_the_form_that_is_asked_for(emits: object) -> None:
    said = [Verdict(right=True), Numbers([1, 2])]
    assert await outputs(ScriptedModel(said), emits) == said
    assert await outputs(FunctionModel(lambda request: said[request.index]), emits) == said


async def test_one_typed_answer_and_text_among_types() -> None:
    assert await outputs(ScriptedModel([Verdict(right=False)] * 2), Verdict) == [Verdict(right=False)] * 2
    assert await outputs(ScriptedModel([Numbers([3])] * 2), Numbers) == [Numbers([3])] * 2
    assert await outputs(ScriptedModel([Text.of("why?")] * 2), str | Verdict) == [Text.of("why?")] * 2
    assert await outputs(ScriptedModel([Text.of("why?")] * 2)) == [Text.of("why?")] * 2


async def test_tools_are_called_with_arguments_as_they_are_in_python() -> None:
    both = [ToolCallPart.of("refund", order=1), ToolCallPart.of("refund", order=2)]
    model = ScriptedModel([ToolCallPart.of("refund", order=4711), "a", lambda _: both, "b"])
    chat = Conversation([Assistant("ann", model=model, tools=[refund])], until=MaxTurns(2))
    result = await chat.run("go")
    values = [entry.event.result.value for entry in result.transcript if isinstance(entry.event, CallFinished)
              and isinstance(entry.event.result, ToolResult)]  # fmt: skip
    assert values[0] == "4711 is refunded"
    assert sorted(map(str, values[1:])) == ["1 is refunded", "2 is refunded"]  # in whichever order they came back
    assert result.output == "b"
    model.assert_complete()


async def test_a_script_directs_and_hands_over() -> None:
    front = Assistant("front", model=ScriptedModel([Handoff(to="desk", reason="money")], name="front"))
    desk = Assistant("desk", model=ScriptedModel(["Refunded."], name="desk"))
    result = await Conversation([front, desk], routing=Handoffs(to={"front": ["desk"]}), until=MaxTurns(4)).run("go")
    assert (result.outcome.kind, result.output) == ("done", "Refunded.")
    directions = [Direction(next="desk", instruction="refund it"), Direction(next="finish", answer="It is done.")]
    boss = Supervisor("boss", team=[desk], model=ScriptedModel(directions, name="boss"))
    result = await Conversation(boss, until=MaxTurns(4)).run("go")
    assert (result.outcome.kind, result.output) == ("done", "It is done.")


def test_classes_and_lists_of_anything_are_no_replies() -> None:
    with pytest.raises(
        ConfigurationError, match="reply 0 of 'scripted' is the class Verdict; a reply is a text, a pyd"
    ):
        ScriptedModel([Verdict])  # type: ignore[list-item]  # the mistake that is tested
    with pytest.raises(ConfigurationError, match="reply 0 of 'scripted' is a list; a reply is"):
        ScriptedModel([["a", "b"]])  # type: ignore[list-item]  # the mistake that is tested


async def test_a_script_can_say_what_it_used_what_it_costs_and_for_which_tier_it_stands() -> None:
    used, own = Usage(input_tokens=10, output_tokens=5), Usage(input_tokens=1, output_tokens=1)
    replies: list[Scripted] = [
        "a",
        Chunks(("b", "c")),
        lambda _: "d",
        Reply(parts=(TextPart(content="e"),), finish="stop", usage=own),
    ]
    price = Price(input=1.0, output=2.0, source="test")
    model = ScriptedModel(replies, usage=used, tier="fast", price=price)
    budget = Budget(usd=1, tokens=100_000, tiers={"fast": Cap(calls=9)})
    result = await Conversation([Assistant("ann", model=model)], until=MaxTurns(4), budget=budget).run("go")
    assert (result.outcome.kind, result.usage.total.tokens.known) == ("limit", 47)
    assert result.usage.by_tier["fast"].usd == result.usage.total.usd
    assert result.usage.total.usd.nanos == 3 * 20_000 + 3_000
    free = Assistant("ann", model=FunctionModel(lambda _: "x", price="free"))
    assert (await Conversation([free], until=MaxTurns(1), budget=Budget(usd=1)).run("go")).output == "x"
    broken = Assistant("ann", model=ScriptedModel([ModelBadReply("cut off", partial="x")] * 9, price="free"))
    failed = await Conversation([broken], until=MaxTurns(1), limits=CallLimits(attempts=1)).run("go")
    assert str(failed.usage) == "1 model call, 0 programs run, unknown tokens in, unknown out, $0.00"
    with pytest.raises(ConfigurationError, match='price must be a Price, "free" or None, not 3'):
        ScriptedModel([], price=3)  # type: ignore[arg-type]  # the mistake that is tested


async def test_a_cap_that_unreported_calls_have_used_up_says_so() -> None:
    seen = Assistant("ann", model=ScriptedModel(["a"] * 9))
    result = await Conversation([seen], until=MaxTurns(9), budget=Budget(tokens=500)).run("go")
    assert result.outcome.reason.endswith(
        "; a call that did not report what it used counts as all that was set aside for it"
    )
    counted = Assistant("ann", model=ScriptedModel(["a"] * 9, usage=Usage(input_tokens=200, output_tokens=5)))
    result = await Conversation([counted], until=MaxTurns(9), budget=Budget(tokens=500)).run("go")
    assert result.outcome.reason.endswith("of 500 tokens spent")
