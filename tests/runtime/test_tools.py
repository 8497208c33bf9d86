"""Tools in a turn: called, refused, approved, resumed; teams and agents behind them; questions to people."""

from __future__ import annotations

import json
from pathlib import Path

import anyio
import pytest
from anyio.lowlevel import checkpoint
from pydantic import BaseModel

from agentchat.agents.assistant import Assistant
from agentchat.agents.function import agent
from agentchat.agents.supervisor import Supervisor
from agentchat.agents.user_proxy import UserProxy
from agentchat.conversation import Conversation
from agentchat.errors import CallUnsettled, ConfigurationError, ConversationClosed, ToolError
from agentchat.models.scripted import ScriptedModel
from agentchat.policy.routing.plans import END
from agentchat.policy.rules import Emitted, MaxTurns
from agentchat.policy.spending.budget import Budget
from agentchat.routing import Edge, Graph
from agentchat.runtime.questions import Question
from agentchat.seams import ToolCallContext, Turn
from agentchat.stores.reading import load
from agentchat.tools.function import tool
from agentchat.transcript.calls import Reply, ToolRecipe, ToolResult, Usage
from agentchat.transcript.events import (
    Answered,
    CallCancelled,
    CallFinished,
    CallStarted,
    Entry,
    Opened,
    Paused,
    Refused,
    Said,
)
from agentchat.transcript.transcript import Transcript
from tests.runtime.checking import checked
from tests.runtime.team import EchoSandbox, HangingModel, Recording, asks, only, texts, told

pytestmark = pytest.mark.anyio


def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


async def test_tools_are_called_and_the_model_sees_what_came_of_each() -> None:
    def broken() -> str:
        raise ValueError("out of paper")

    asked = asks(("add", '{"a":1,"b":2}'), ("add", '{"a":"x"}'), ("ad", "{}"), ("broken", "{}"), ("add", "{nope"))
    model = Recording(asked, "3")
    worker = Assistant("worker", model=model, tools=[add, broken])
    result = await Conversation([worker], until=MaxTurns(1)).run("add them")
    checked(result.transcript)
    assert result.output == "3"
    assert model.roles() == ["user", "assistant", *["tool"] * 5]
    said = {one["tool_call_id"]: one["content"] for one in model.bodies[1]["messages"][2:]}
    assert said["call_0"] == "3"
    assert "a: Input should be a valid integer" in said["call_1"]
    assert said["call_2"] == "error: there is no tool 'ad'; did you mean 'add'?"
    assert said["call_3"] == "error: ValueError: out of paper"
    assert "not valid JSON" in said["call_4"]
    assert model.bodies[0]["tools"][0]["function"]["name"] == "add"
    assert len(only(result.transcript, Refused)) == 3


async def test_several_calls_of_one_reply_go_on_at_once() -> None:
    begun = [anyio.Event(), anyio.Event()]

    async def wait(own: int) -> str:
        begun[own].set()
        await begun[1 - own].wait()
        return f"done {own}"

    model = Recording(asks(("wait", '{"own":0}'), ("wait", '{"own":1}')), "both")
    with anyio.fail_after(10):
        result = await Conversation([Assistant("w", model=model, tools=[wait])], until=MaxTurns(1)).run("go")
    checked(result.transcript)
    assert [one["content"] for one in model.bodies[1]["messages"][2:]] == ["done 0", "done 1"]


async def test_the_exchange_stays_in_the_agents_own_context() -> None:
    worker, other = Recording(asks(("add", '{"a":1,"b":2}')), "3", "still 3"), Recording("thanks", name="o")
    team = [Assistant("worker", model=worker, tools=[add]), Assistant("other", model=other)]
    result = await Conversation(team, until=MaxTurns(3)).run("add")
    checked(result.transcript)
    assert worker.roles() == ["user", "assistant", "tool", "assistant", "user"]
    assert other.roles() == ["user", "user"]


async def test_a_tool_that_is_interrupted_leaves_a_record() -> None:
    begun = anyio.Event()

    async def hang() -> None:
        begun.set()
        await anyio.sleep_forever()

    worker = Assistant("worker", model=Recording(asks(("hang", "{}"))), tools=[hang])
    async with Conversation([worker], until=MaxTurns(1)).open("go") as run:
        await begun.wait()
        await run.interrupt()
        result = await run.wait()
    checked(result.transcript)
    assert result.outcome.kind == "interrupted"
    assert len(only(result.transcript, CallCancelled)) == 1


async def test_a_function_uses_tools_by_itself() -> None:
    @agent(tools=[add])
    async def counter(text: str, turn: Turn) -> str:
        sums = await turn.gather(turn.tool("add", a=1, b=2), turn.tool("add", a=3, b=4))
        return " ".join(str(one.value) for one in sums)

    result = await Conversation([counter], until=MaxTurns(1)).run("go")
    checked(result.transcript)
    assert result.output == "3 7"


async def test_a_tool_that_is_not_there_or_given_nonsense_is_an_error_of_the_program() -> None:
    @agent(tools=[add])
    async def counter(text: str, turn: Turn) -> str:
        await turn.tool("ad")
        return ""

    result = await Conversation([counter], until=MaxTurns(1)).run("go")
    assert "has no tool 'ad' (it has: add)" in result.outcome.reason


# approval


@pytest.mark.parametrize("yes", [True, False])
async def test_a_tool_that_needs_a_persons_word(yes: bool) -> None:
    done: list[str] = []

    @tool(approve=True)
    def wipe(path: str) -> str:
        done.append(path)
        return "wiped"

    asked: list[Question] = []

    def answer(question: Question) -> dict[str, object]:
        asked.append(question)
        return {"yes": yes, "reason": None if yes else "too dangerous"}

    model = Recording(asks(("wipe", '{"path":"/"}')), "ok")
    chat = Conversation([Assistant("w", model=model, tools=[wipe])], until=MaxTurns(1), answer=answer)
    result = await chat.run("go")
    checked(result.transcript)
    assert done == (["/"] if yes else [])
    assert asked[0].text == "May w call wipe(path='/')?"
    heard = model.bodies[1]["messages"][-1]["content"]
    assert heard == ("wiped" if yes else "error: user did not allow this: too dangerous")


async def test_true_and_false_are_a_persons_word(tmp_path: Path) -> None:
    done: list[str] = []

    @tool(approve=True)
    def wipe(path: str) -> str:
        done.append(path)
        return "wiped"

    for word, count in ((True, 1), (False, 1)):
        team = [Assistant("w", model=Recording(asks(("wipe", '{"path":"/"}')), "ok"), tools=[wipe])]
        result = await Conversation(team, until=MaxTurns(1), answer=lambda _, word=word: word).run("go")  # type: ignore[misc]  # mypy cannot infer it
        assert (result.output, len(done)) == ("ok", count), result.outcome
    chat = Conversation(team, until=MaxTurns(1), store=tmp_path / "t.db")
    question = str((await chat.run("go", id="x")).outcome.values["question"])
    with pytest.raises(ConfigurationError, match=r"must be an object, not \"y\". Give True, False, or an Approval"):
        await chat.answer("x", question, "y")
    await chat.answer("x", question, True)
    assert ((await chat.resume("x")).output, len(done)) == ("ok", 2)
    async with chat.open("go", id="y") as run:
        async for item in run:
            if isinstance(item, Entry) and isinstance(item.event, Paused):
                await run.answer(item.event.pause, False)
    assert (run.result.output, len(done)) == ("ok", 2)


async def test_a_paused_result_has_all_that_it_waits_for() -> None:
    @agent
    async def hall(text: str, turn: Turn) -> str:
        both = await turn.gather(turn.ask("How many?", str), turn.ask("When?", str))
        return " ".join(one.value for one in both)

    chat = Conversation([hall], until=MaxTurns(1))
    result = await chat.run("go", id="x")
    assert sorted(one.text for one in result.questions) == ["How many?", "When?"]  # in the order they were put
    assert result.outcome.values["question"] == result.questions[0].id
    for question in result.questions:
        await chat.answer("x", question, {"How many?": "two", "When?": "now"}[question.text])
    result = await chat.resume("x")
    assert (result.output, result.questions) == ("two now", ())


async def test_a_question_without_anybody_there_leaves_the_run_and_is_answered_later(tmp_path: Path) -> None:
    done: list[str] = []

    @tool(approve=True)
    def wipe(path: str) -> str:
        done.append(path)
        return "wiped"

    model = Recording(asks(("wipe", '{"path":"/"}')), "ok")
    chat = Conversation([Assistant("w", model=model, tools=[wipe])], until=MaxTurns(1), store=tmp_path / "t.db")
    result = await chat.run("go", id="x")
    assert result.outcome.kind == "paused"
    question = str(result.outcome.values["question"])
    assert done == []
    with pytest.raises(ConfigurationError, match="does not fit"):
        await chat.answer("x", question, {"yes": "perhaps so"})
    with pytest.raises(ConfigurationError, match="there is no such question"):
        await chat.answer("x", "q0", {"yes": True})
    assert (await chat.resume("x")).outcome.kind == "paused"  # it waits on
    await chat.answer("x", question, {"yes": True})
    with pytest.raises(ConfigurationError, match="it was answered before"):
        await chat.answer("x", question, {"yes": False})
    result = await chat.resume("x")
    checked(result.transcript)
    assert (done, result.output, len(model.bodies)) == (["/"], "ok", 2)
    assert (len(only(result.transcript, Paused)), len(only(result.transcript, Answered))) == (1, 1)
    assert only(result.transcript, CallCancelled) == []


async def test_what_goes_on_beside_a_question_is_finished_before_the_run_is_left() -> None:
    made: list[int] = []

    async def fetch(page: int) -> str:
        for _ in range(50):
            await checkpoint()
        made.append(page)
        return f"page {page}"

    @agent(tools=[fetch])
    async def clerk(task: str, turn: Turn) -> str:
        asked = turn.ask("How many?", str), turn.ask("When?", str)
        page, many, when = await turn.gather(turn.tool("fetch", page=1), *asked)
        return f"{page.value}, {many.value}, {when.value}"

    @agent(tools=[fetch])
    async def reader(task: str, turn: Turn) -> str:
        return str((await turn.tool("fetch", page=2)).value)

    @agent
    async def start(task: str, turn: Turn) -> str:
        return task

    @agent
    async def join(parts: list[str], turn: Turn) -> str:
        return "; ".join(parts)

    edges = [Edge(start, [clerk, reader]), Edge([clerk, reader], join), Edge(join, END)]
    chat = Conversation(Graph(start=start, edges=edges))
    paused = await chat.run("order", id="order")
    assert paused.outcome.kind == "paused"
    answers = {"How many?": "two", "When?": "today"}
    assert {question.text for question in paused.questions} == set(answers)
    assert sorted(made) == [1, 2]
    assert not only(paused.transcript, CallCancelled)
    for question in paused.questions:
        await chat.answer("order", question.id, answers[question.text])
    result = await chat.resume("order")
    checked(result.transcript)
    assert result.output == "page 1, two, today; page 2"
    assert sorted(made) == [1, 2]


async def test_a_question_is_answered_into_the_live_run() -> None:
    person = UserProxy("me", human="always")
    team = [Assistant("ann", model=Recording("Tea or coffee?", "Tea it is.")), person]
    async with Conversation(team, until=MaxTurns(3)).open("go") as run:
        async for item in run:
            if isinstance(item, Entry) and isinstance(item.event, Paused):
                assert [one.id for one in run.questions] == [item.event.pause]
                await run.answer(item.event.pause, "tea")
        result = await run.wait()
    checked(result.transcript)
    assert texts(result.transcript)[2] == ("me", "tea")


async def test_programs_that_need_a_persons_word() -> None:
    sandbox = EchoSandbox()
    team = [
        Assistant("coder", model=Recording("```python\nprint(1)\n```", name="c")),
        UserProxy("runner", sandbox=sandbox, human="approve"),
    ]
    no = Conversation(team, until=MaxTurns(2), answer=lambda question: {"yes": False, "reason": "not today"})
    result = await no.run("go")
    checked(result.transcript)
    assert sandbox.ran == []
    assert "not today" in str(result.output)
    yes = Conversation(team, until=MaxTurns(2), answer=lambda question: {"yes": True})
    await yes.run("go")
    assert sandbox.ran == ["print(1)\n"]


async def test_a_person_has_another_program_run() -> None:
    sandbox = EchoSandbox()
    coder = Recording("```python\nprint(1)\n```", "I see.", name="c")
    team = [Assistant("coder", model=coder), UserProxy("runner", sandbox=sandbox, human="approve")]
    chat = Conversation(team, until=MaxTurns(3), answer=lambda question: {"yes": True, "instead": "print(2)"})
    result = await chat.run("go")
    checked(result.transcript)
    assert sandbox.ran == ["print(2)"]
    heard = coder.bodies[1]["messages"][-1]["content"]
    assert heard.startswith("A person changed the program. What ran is:\n```python\nprint(2)\n```\n[python: finished")


async def test_a_person_has_a_tool_called_with_other_arguments() -> None:
    done: list[tuple[str, int]] = []

    @tool(approve=True)
    def wipe(path: str, times: int) -> str:
        done.append((path, times))
        return "wiped"

    answers = iter(
        [
            {"yes": True, "instead": '{"path": "/tmp/\\"x\\"", "times": "many"}'},
            {"yes": True, "instead": '{"path": "/tmp/\\"x\\"", "times": 2}'},
        ]
    )
    asked: list[Question] = []

    def answer(question: Question) -> dict[str, object]:
        asked.append(question)
        return next(answers)

    model = Recording(asks(("wipe", '{"path":"/","times":1}')), "ok")
    chat = Conversation([Assistant("w", model=model, tools=[wipe])], until=MaxTurns(1), answer=answer)
    result = await chat.run("go")
    checked(result.transcript)
    assert done == [('/tmp/"x"', 2)]
    assert asked[1].text.startswith("With those arguments it cannot be called: times:")
    assert asked[1].text.endswith(asked[0].text)
    heard = model.bodies[1]["messages"][-1]["content"]
    assert heard == 'a person had it called with {"path":"/tmp/\\"x\\"","times":2}: wiped'


# resuming


async def cut(path: Path, transcript: Transcript, upto: int) -> Path:
    """A file as a process left it that was killed behind entry `upto`."""
    kept = Transcript.from_lines([transcript.line(seq) for seq in range(1, upto + 1)])
    return kept.save(path)


@pytest.mark.parametrize("idempotent", [True, False])
async def test_a_tool_call_in_doubt(tmp_path: Path, idempotent: bool) -> None:
    done: list[str] = []

    @tool(idempotent=idempotent)
    def book(seat: int, context: ToolCallContext) -> str:
        done.append(context.key)
        return f"booked {seat}"

    def team() -> list[Assistant]:
        return [Assistant("w", model=Recording(asks(("book", '{"seat":7}')), "done"), tools=[book])]

    whole = await Conversation(team(), until=MaxTurns(1)).run("go", id="x")
    seq = next(
        one.seq
        for one in only(whole.transcript, CallStarted)
        if isinstance(one.event, CallStarted) and isinstance(one.event.recipe, ToolRecipe)
    )
    path = await cut(tmp_path / "run.jsonl", whole.transcript, seq)
    chat = Conversation(team(), until=MaxTurns(1))
    if not idempotent:
        with pytest.raises(CallUnsettled):
            await chat.resume(path)
        result = await chat.resume(path, in_doubt="fail")
        assert done == [done[0]]
    else:
        result = await chat.resume(path)
        assert done == [done[0]] * 2  # the same key
    checked(result.transcript)
    assert result.output == "done"


async def test_every_cut_of_a_turn_with_tools_and_repairs_goes_on_the_same(tmp_path: Path) -> None:
    class Sum(BaseModel):
        total: int

    def team() -> list[Assistant]:
        replies: list[str | Reply | Exception] = [asks(("add", '{"a":1,"b":2}'), ("add", "[]")), "no", '{"total":3}']
        return [Assistant("w", model=Recording(*replies), tools=[tool(add, idempotent=True)], emits=Sum)]

    whole = await Conversation(team(), until=Emitted(Sum) | MaxTurns(2)).run("go", id="x")
    checked(whole.transcript)
    for upto in range(3, len(whole.transcript)):
        path = await cut(tmp_path / f"{upto}.jsonl", whole.transcript, upto)
        result = await Conversation(team(), until=Emitted(Sum) | MaxTurns(2)).resume(path)
        checked(result.transcript)
        assert result.output == whole.output, upto
        assert texts(result.transcript) == texts(whole.transcript)


# teams and agents as tools


def pricey(text: str) -> Recording:
    return Recording(told(text, 100, 10), name=f"inner-{text}")


async def test_a_team_as_a_tool_is_a_conversation_of_its_own(tmp_path: Path) -> None:
    inner = Conversation([Assistant("expert", model=pricey("blue"))], until=MaxTurns(1))
    model = Recording(
        asks(("ask_expert", '{"task":"which colour?"}'), usage=Usage(input_tokens=5, output_tokens=5)), "blue!"
    )
    outer = Assistant("outer", model=model, tools=[inner.as_tool("ask_expert", "Asks the expert.")])
    chat = Conversation([outer], until=MaxTurns(1), store=tmp_path / "t.db", budget=Budget(calls=9, tokens=100_000))
    result = await chat.run("paint it", id="x")
    checked(result.transcript)
    assert result.output == "blue!"
    finished = [
        one.event.result for one in only(result.transcript, CallFinished) if isinstance(one.event, CallFinished)
    ]
    held = next(one for one in finished if isinstance(one, ToolResult))
    assert held.child is not None
    child = await load(chat.store, held.child)
    opened = child[1].event
    assert isinstance(opened, Opened)
    assert opened.parent is not None
    assert opened.parent.conversation == "x"
    assert held.spent is not None
    assert (held.spent.calls, held.spent.tokens) == (1, 110)
    assert result.usage.total.calls == 3


async def test_a_team_in_a_file_has_a_file_beside_it(tmp_path: Path) -> None:
    inner = Conversation([Assistant("expert", model=pricey("blue"))], until=MaxTurns(1))
    outer = Assistant("outer", model=Recording(asks(("ask", '{"task":"?"}')), "ok"), tools=[inner.as_tool("ask")])
    result = await Conversation([outer], until=MaxTurns(1), store=tmp_path / "run.jsonl").run("go")
    checked(result.transcript)
    files = sorted(path.name for path in tmp_path.glob("*.jsonl"))  # noqa: ASYNC240 - a folder of two files
    assert len(files) == 2
    assert Transcript.load(tmp_path / files[0]).conversation.startswith(result.conversation)


async def test_what_an_inner_conversation_does_not_know_of_its_cost_is_not_nought() -> None:
    inner = Conversation([Assistant("expert", model=ScriptedModel(["blue"], name="i"))], until=MaxTurns(1))
    outer = Assistant("outer", model=Recording(asks(("ask", '{"task":"?"}')), "ok"), tools=[inner.as_tool("ask")])
    result = await Conversation([outer], until=MaxTurns(1)).run("go")
    checked(result.transcript)
    assert str(result.usage.delegated.tokens) == "unknown"
    assert "of which delegated 1 model call, unknown tokens, cost unknown" in str(result.usage)


async def test_an_inner_conversation_spends_no_more_than_the_outer_one_has(tmp_path: Path) -> None:
    inner = Conversation([Assistant("expert", model=Recording(*["more"] * 9, name="i"))], until=MaxTurns(9))
    outer = Assistant("outer", model=Recording(asks(("ask", '{"task":"?"}')), "ok"), tools=[inner.as_tool("ask")])
    result = await Conversation([outer], until=MaxTurns(1), budget=Budget(calls=4)).run("go")
    checked(result.transcript)
    assert result.usage.total.calls == 4
    assert result.outcome.kind == "limit"


async def test_a_team_as_an_agent() -> None:
    class Verdict(BaseModel):
        good: bool

    judge = Assistant("judge", model=Recording('{"good":true}', name="j"), emits=Verdict)
    inner = Conversation([judge], until=Emitted(Verdict) | MaxTurns(2))
    writer = Assistant("writer", model=Recording("a poem", name="w"))
    panel = inner.as_agent("panel", emits=Verdict)
    result = await Conversation([writer, panel], until=Emitted(Verdict) | MaxTurns(4)).run("write")
    checked(result.transcript)
    assert result.output == Verdict(good=True)


class Inches(BaseModel):
    length: int


class Metres(BaseModel):
    length: int


@agent
async def start(task: str, turn: Turn) -> Inches | Metres | str:
    sizes: dict[str, Inches | Metres] = {"inches": Inches(length=1), "metres": Metres(length=2)}
    return sizes.get(task, task)


@agent
async def turned(given: Inches | Metres | str, turn: Turn) -> Inches | Metres | str:
    if isinstance(given, str):
        return given
    return Metres(length=given.length) if isinstance(given, Inches) else Inches(length=given.length)


@pytest.mark.parametrize(
    ("task", "output"), [("inches", Metres(length=1)), ("metres", Inches(length=2)), ("miles", "miles")]
)
async def test_a_team_as_an_agent_takes_and_gives_one_of_several_types(task: str, output: object) -> None:
    kinds = Inches | Metres | str
    inner = Conversation([turned], until=MaxTurns(1)).as_agent("inner", accepts=kinds, emits=kinds)
    chat = Conversation(Graph(start=start, edges=[Edge(start, inner), Edge(inner, END)]))
    result = await chat.run(task)
    checked(result.transcript)
    assert result.outcome.kind == "done"
    assert result.output == output


async def test_a_team_as_an_agent_that_names_no_types_is_shown_text() -> None:
    inner = Conversation([UserProxy("me", human="always")], until=MaxTurns(1), answer=lambda question: question.text)
    team = inner.as_agent("inner")
    result = await Conversation(Graph(start=start, edges=[Edge(start, team), Edge(team, END)])).run("inches")
    assert result.outcome.kind == "done"
    assert '{"length": 1}' in str(result.output)


async def test_a_team_as_an_agent_that_says_another_type_fails_by_name() -> None:
    inner = Conversation([start], until=MaxTurns(1)).as_agent("inner", emits=Metres)
    result = await Conversation([inner], until=MaxTurns(1)).run("miles")
    assert "the output of team inner is no Metres" in result.outcome.reason
    either = Conversation([start], until=MaxTurns(1)).as_agent("inner", emits=Metres | str)
    result = await Conversation([either], until=MaxTurns(1)).run("inches")
    assert "team inner gave Inches, and it says Metres, str only" in result.outcome.reason


@pytest.mark.parametrize("name", ["team.db", "team.jsonl"])
async def test_a_question_inside_is_answered_outside(tmp_path: Path, name: str) -> None:
    @agent
    async def painter(task: str, turn: Turn) -> str:
        colour, sure = await turn.gather(turn.ask("Which colour?", str), turn.ask("Sure?"))
        shade = await turn.ask("Which shade?", str)
        return f"{shade.value} {colour.value}, {sure.value}"

    inner = Conversation([painter], until=MaxTurns(1))
    middle = Conversation([inner.as_agent("deep")], until=MaxTurns(1))
    model = Recording(asks(("paint", '{"task":"the wall"}')), "It is done.")
    boss = Assistant("boss", model=model, tools=[middle.as_tool("paint")])
    answers = {"Which colour?": "red", "Sure?": True, "Which shade?": "dark"}
    chat = Conversation([boss], until=MaxTurns(1), budget=Budget(calls=9), store=tmp_path / name)
    result = await chat.run("Paint.", id="wall")
    put: list[str] = []
    while result.outcome.kind == "paused":
        put += sorted(question.text for question in result.questions)
        for question in result.questions:
            await chat.answer(tmp_path / name if name.endswith("l") else "wall", question.id, answers[question.text])
        result = await chat.resume(tmp_path / name if name.endswith("l") else "wall")
    checked(result.transcript)
    assert put == ["Sure?", "Which colour?", "Which shade?"]
    assert result.output == "It is done."
    assert model.bodies[1]["messages"][-1]["content"] == "dark red, True"
    assert not result.questions
    assert len(only(result.transcript, CallStarted)) == 3


async def test_a_question_inside_is_answered_by_the_function_outside() -> None:
    inner = Conversation([UserProxy("me", human="always")], until=MaxTurns(1))
    chat = Conversation([inner.as_agent("deep")], until=MaxTurns(1), answer=lambda question: "blue")
    result = await chat.run("Which colour?")
    checked(result.transcript)
    assert result.output == "blue"


async def test_a_question_that_was_interrupted_waits_for_nobody() -> None:
    chat = Conversation([UserProxy("me", human="always")], until=MaxTurns(1))
    async with chat.open("Which colour?") as run:
        async for item in run:
            if isinstance(item, Entry) and isinstance(item.event, Paused):
                await run.interrupt()
    assert run.questions == ()


async def test_an_interrupt_reaches_the_inner_conversation(tmp_path: Path) -> None:
    hanging = HangingModel()
    inner = Conversation([Assistant("expert", model=hanging)], until=MaxTurns(1))
    outer = Assistant("outer", model=Recording(asks(("ask", '{"task":"?"}'))), tools=[inner.as_tool("ask")])
    chat = Conversation([outer], until=MaxTurns(1), store=tmp_path / "t.db")
    async with chat.open("go", id="x") as run:
        await hanging.begun.wait()
        await run.interrupt()
        result = await run.wait()
    checked(result.transcript)
    heads = [head.conversation for head in await chat.store.heads()]
    child = await load(chat.store, next(one for one in heads if one != "x"))
    assert Transcript.loads(child.dumps())[len(child)].event.kind == "closed"


async def test_a_failed_inner_conversation_is_a_result_that_the_model_sees() -> None:
    @agent
    async def broken(text: str, turn: Turn) -> str:
        raise ToolError("no ink")

    inner = Conversation([broken], until=MaxTurns(1))
    model = Recording(asks(("ask", '{"task":"?"}'), ("ask", '{"question":"?"}')), "ok")
    outer = Assistant("outer", model=model, tools=[inner.as_tool("ask")])
    result = await Conversation([outer], until=MaxTurns(1)).run("go")
    checked(result.transcript)
    heard = [one["content"] for one in model.bodies[1]["messages"][2:]]
    assert "no ink" in heard[0]
    assert heard[1] == "error: give one argument, 'task'"


async def test_a_supervisor_of_teams() -> None:
    inner = Conversation([Assistant("expert", model=pricey("blue"))], until=MaxTurns(1))
    directs = [
        json.dumps({"reason": "r", "next": name, "instruction": None, "answer": None}) for name in ("panel", "finish")
    ]
    boss = Supervisor("boss", team=[inner.as_agent("panel")], model=Recording(*directs, name="b"))
    result = await Conversation(boss, until=MaxTurns(5)).run("go")
    checked(result.transcript)
    assert result.output == "blue"


async def test_a_tool_cannot_be_called_when_the_turn_is_over() -> None:
    kept: list[Turn] = []

    @agent(tools=[add])
    async def leaks(text: str, turn: Turn) -> str:
        kept.append(turn)
        return "done"

    result = await Conversation([leaks], until=MaxTurns(1)).run("go")
    with pytest.raises(Exception, match="is over"):
        await kept[0].tool("add", a=1, b=2)
    assert isinstance(only(result.transcript, Said)[-1].event, Said)
    with pytest.raises(ConversationClosed):
        await Conversation([leaks], until=MaxTurns(1)).open("x").answer("q1", True)
