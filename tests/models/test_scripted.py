"""The models that ship for tests: they answer by place, keep nothing, and invent nothing."""

from __future__ import annotations

import anyio
import pytest

from agentchat.errors import ConfigurationError, ModelBusy, ModelRejected
from agentchat.models.function import FunctionModel
from agentchat.models.scripted import Chunks, ScriptedModel
from agentchat.policy.prompts.request import ModelRequest
from agentchat.transcript.calls import Reply, Usage
from agentchat.transcript.messages import TextPart
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

    with pytest.raises(ConfigurationError, match="not int"):
        await ask(FunctionModel(wrong))


def test_wrong_scripts_are_refused_at_once() -> None:
    with pytest.raises(ConfigurationError, match="a list of replies"):
        ScriptedModel("one text")
    with pytest.raises(ConfigurationError, match="reply 1 of 'scripted' is a int"):
        ScriptedModel(["a", 3])  # type: ignore[list-item]  # the mistake that is tested
    with pytest.raises(ConfigurationError, match="takes a function"):
        FunctionModel("x")  # type: ignore[arg-type]  # the mistake that is tested
    assert ScriptedModel([], name="s").card().tail == '],"model":"s"'
