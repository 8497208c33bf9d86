"""What an agent does otherwise than recorded is found where it happens, and said in words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import anyio
import pytest
from pydantic import BaseModel

from agentchat.agents.assistant import Assistant
from agentchat.agents.function import agent
from agentchat.conversation import Conversation
from agentchat.policy.decide import POLICY_VERSION
from agentchat.policy.rules import Failures, MaxTurns
from agentchat.rechecking import Replayed, recheck
from agentchat.routing import Edge, Graph
from agentchat.runtime.turn import LiveTurn
from agentchat.seams import Turn
from agentchat.tools.function import tool
from agentchat.transcript.calls import ModelRecipe
from agentchat.transcript.events import (
    CallFinished,
    CallStarted,
    Event,
    Paused,
    Refused,
    RunStarted,
    Said,
    StateSet,
)
from agentchat.transcript.messages import Text
from agentchat.transcript.transcript import Transcript
from tests.debug.conversations import ALL, Held, plain, programs, tools
from tests.runtime.team import Count, EchoSandbox, Recording, asks, only

pytestmark = pytest.mark.anyio

Body = Callable[[str, Turn], Any]


@tool
def look(what: str, times: int = 1) -> str:
    """Look something up."""
    return f"{what} is there"


def made_of(body: Body, **more: Any) -> Conversation:
    """A conversation of one agent that acts so, and one that answers."""

    async def act(text: str, turn: Turn) -> str | None:
        said: str | None = await body(text, turn)
        return said

    model = Recording("a", "b", "c", "d", name="own")
    acting = agent(name="act", model=model, sandbox=EchoSandbox(), tools=[look], state=Count, instructions="Be brief.")(
        act
    )
    return Conversation([acting, Assistant("ann", model=Recording("x", "y"))], until=MaxTurns(2) | Failures(1), **more)


async def changed(before: Body, after: Body) -> Replayed:
    transcript = (await made_of(before).run("go")).transcript
    assert (await recheck(transcript, team=made_of(before), agents=True)).equal
    return await recheck(transcript, team=made_of(after), agents=True)


def first(replayed: Replayed) -> tuple[int, str, str, str]:
    one = replayed.differences[0]
    return one.seq, one.what, one.recorded, one.now


# the acts of a turn


async def test_another_prompt_is_found_and_shown_message_by_message() -> None:
    async def before(text: str, turn: Turn) -> str:
        return (await turn.model("What is it?\nSay.\nQuickly.")).reply.text

    async def after(text: str, turn: Turn) -> str:
        return (await turn.model("What is it?\nTell.\nQuickly.")).reply.text

    replayed = await changed(before, after)
    where = "messages[2].content"
    assert first(replayed) == (
        5,
        "the prompt of act",
        f"{where}: 'What is it?\\nSay.\\nQuickly.'"[: len(where) + 2] + "'What is it?\\nSay.\\nQuickly.'",
        f"{where}: 'What is it?\\nTell.\\nQuickly.'",
    )
    assert str(replayed).split("\n")[4:] == [
        "  messages 1 to 2: the same",
        "  message 3 (user) differs:",
        "  --- recorded",
        "  +++ now",
        "  @@ -1,3 +1,3 @@",
        "   What is it?",
        "  -Say.",
        "  +Tell.",
        "   Quickly.",
    ]
    assert len(replayed.differences) == 1


async def test_a_call_that_is_not_in_the_record_is_a_difference_and_is_not_made() -> None:
    called: list[str] = []

    @tool
    def find(what: str) -> str:
        """Find it."""
        called.append(what)
        return "found"

    def chat(*reply: Any) -> Conversation:
        worker = Assistant("worker", model=Recording(*reply), tools=[find])
        return Conversation([worker], until=MaxTurns(1))

    transcript = (await chat(asks(("find", '{"what":"x"}')), "done").run("go")).transcript
    assert called == ["x"]
    result = only(transcript, CallFinished)[0]
    assert isinstance(result.event, CallFinished)
    other = asks(("find", '{"what":"y"}'))
    replayed = await recheck(rewritten(transcript, result.seq, result.event.model_copy(update={"result": other})))
    assert first(replayed) == (7, "the tool call of worker", "arguments.what: 'x'", "arguments.what: 'y'")
    assert called == ["x"]


async def test_the_nearest_recorded_call_is_named_where_there_is_none_at_its_place() -> None:
    async def before(text: str, turn: Turn) -> str:
        await turn.tool("look", what="a", times=1)
        await turn.tool("look", what="b", times=2)
        return "done"

    async def after(text: str, turn: Turn) -> str:
        await turn.tool("look", what="a", times=1)
        await turn.tool("look", what="b", times=2)
        await turn.tool("look", what="b", times=3)
        return "done"

    seq, what, recorded, now = first(await changed(before, after))
    assert (seq, what, recorded) == (9, "what act does", "says: done")
    assert now == (
        'asks for the tool call look({"what":"b","times":3}); this call is not in the record; '
        "the nearest recorded one is at event 7, and differs at arguments.times: 2 there, 3 now"
    )


async def say(text: str, turn: Turn) -> str:
    return "one\ntwo"


async def ask(text: str, turn: Turn) -> str:
    await turn.model()
    return "one\ntwo"


async def silence(text: str, turn: Turn) -> None:
    return None


async def fail(text: str, turn: Turn) -> str:
    raise ValueError("no paper")


async def other_failure(text: str, turn: Turn) -> str:
    raise ValueError("no ink")


async def remember(text: str, turn: Turn) -> str:
    await turn.set_state(Count(value=1))
    return "one\ntwo"


async def remember_more(text: str, turn: Turn) -> str:
    await turn.set_state(Count(value=2))
    return "one\ntwo"


async def run(text: str, turn: Turn) -> str:
    await turn.code("print(1)")
    return "one\ntwo"


async def run_other(text: str, turn: Turn) -> str:
    await turn.code("print(2)")
    return "one\ntwo"


async def wonder(text: str, turn: Turn) -> str:
    cast(LiveTurn, turn).refuse(["not so"])
    return "one\ntwo"


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (say, ask, (5, "what act does", "says: one\ntwo", "asks the model own; this call is not in the record")),
        (ask, say, (5, "what act does", "asks the model own", "says: one\ntwo")),
        (say, silence, (5, "what act does", "says: one\ntwo", "says nothing")),
        (silence, say, (5, "what act does", "says nothing", "says: one\ntwo")),
        (say, fail, (5, "what act does", "says: one\ntwo", "fails: ValueError: no paper")),
        (fail, say, (5, "what act does", "fails: ValueError: no paper", "says: one\ntwo")),
        (fail, other_failure, (5, "what act does", "fails: ValueError: no paper", "fails: ValueError: no ink")),
        (remember, say, (5, "what act does", 'sets its state: {"value":1}', "says: one\ntwo")),
        (remember, remember_more, (5, "what act does", 'sets its state: {"value":1}', 'sets its state: {"value":2}')),
        (run, run_other, (5, "the program of act", "source: 'print(1)'", "source: 'print(2)'")),
        (run, ask, (5, "what act does", "runs a python program: print(1)", "asks the model own; ")),
        (wonder, say, (5, "what act does", "refuses an answer or a tool call: not so", "says: one\ntwo")),
        (say, wonder, (5, "what act does", "says: one\ntwo", "refuses an answer or a tool call: not so")),
    ],
    ids=lambda one: getattr(one, "__name__", ""),
)
async def test_another_act_is_found(before: Body, after: Body, told: tuple[int, str, str, str]) -> None:
    replayed = await changed(before, after)
    found = first(replayed)
    assert found[:3] == told[:3]
    assert found[3].startswith(told[3])
    assert len(replayed.differences) == 1  # the turns behind it are run on the record again


async def test_calls_one_after_the_other_are_not_calls_at_once() -> None:
    async def at_once(text: str, turn: Turn) -> str:
        await turn.gather(turn.tool("look", what="a"), turn.tool("look", what="b"))
        return "done"

    async def in_turn(text: str, turn: Turn) -> str:
        await turn.tool("look", what="a")
        await turn.tool("look", what="b")
        return "done"

    waits = "waits for what comes of event 5, and does nothing before"
    recorded = 'asks for the tool call look({"what":"b"})'
    assert first(await changed(at_once, in_turn)) == (6, "what act does", recorded, waits)
    assert first(await changed(in_turn, at_once)) == (7, "what act does", recorded, "does so before event 6")


async def test_another_program_of_a_message_is_found() -> None:
    transcript = (await programs().chat.run("go")).transcript
    seq = only(transcript, CallFinished)[0].seq
    reply = transcript[seq].event
    assert isinstance(reply, CallFinished)
    other = reply.result.model_copy(update={"parts": (Text.of("```python\nprint(6 * 8)\n```").parts[0],)})
    replayed = await recheck(rewritten(transcript, seq, reply.model_copy(update={"result": other})))
    assert (9, "the program of runner") in [(one.seq, one.what) for one in replayed.differences]


async def test_turns_side_by_side_are_each_held_against_their_own_record() -> None:
    def flow(right: str) -> Conversation:
        @agent
        async def start(text: str, turn: Turn) -> str:
            return "begin"

        @agent(model=Recording("l"))
        async def left(text: str, turn: Turn) -> str:
            return (await turn.model()).reply.text

        async def second(text: str, turn: Turn) -> str:
            await anyio.sleep(0.01)
            await turn.tool("look", what=right)
            cast(LiveTurn, turn).refuse(["no"])
            return right

        other = agent(name="right", tools=[look])(second)
        edges = [Edge(start, [left, other]), Edge([left, other], "last")]
        last = Assistant("last", model=Recording("both", name="e"))
        return Conversation(Graph(start=start, edges=edges, nodes=[last]), until=MaxTurns(9))

    transcript = (await flow("x").run("go")).transcript
    assert (await recheck(transcript, team=flow("x"), agents=True)).equal
    (difference,) = (await recheck(transcript, team=flow("y"), agents=True)).differences
    assert (difference.what, difference.recorded, difference.now) == (
        "the tool call of right",
        "arguments.what: 'x'",
        "arguments.what: 'y'",
    )


async def test_a_verdict_that_is_another_one_now_is_found() -> None:
    class Report(BaseModel):
        passed: bool

    bar = 1

    def good(text: str) -> bool:
        if bar > 2:
            raise ValueError("too high")
        return len(text) > bar

    async def write(text: str, turn: Turn) -> str:
        return "ok"

    def flow() -> Conversation:
        writer = agent(name="writer")(write)
        edges = [Edge(writer, "last", when=good)]
        last = Assistant("last", model=Recording("both", name="e"))
        return Conversation(Graph(start=writer, edges=edges, nodes=[last]), until=MaxTurns(9))

    transcript = (await flow().run("go")).transcript
    assert (await recheck(transcript, team=flow(), agents=True)).equal
    for height, told in ((2, "False"), (3, "ValueError: too high")):
        bar = height
        assert (await recheck(transcript, team=flow())).equal  # the recorded verdict counts
        seq, what, recorded, now = first(await recheck(transcript, team=flow(), agents=True))
        assert (seq, recorded, now) == (6, "True on event 5", told)
        assert what.endswith("good")


async def test_a_check_of_answers_is_asked_again_where_that_is_wanted() -> None:
    class Report(BaseModel):
        passed: bool

    wanted, asked = True, 0

    def check(report: Report) -> None:
        nonlocal asked
        asked += 1
        if report.passed is not wanted:
            raise ValueError(f"it must be {wanted}")

    def chat() -> Conversation:
        replies = ('{"passed":false}', '{"passed":true}')
        writer = Assistant("writer", model=Recording(*replies), emits=Report, check=check)
        return Conversation([writer], until=MaxTurns(1))

    transcript = (await chat().run("go")).transcript
    assert asked == 2
    wanted = False
    assert (await recheck(transcript, team=chat())).equal
    assert asked == 2
    replayed = await recheck(transcript, team=chat(), agents=True)
    assert asked == 3
    assert first(replayed)[:3] == (7, "what writer does", "refuses an answer or a tool call: it must be True")
    assert first(replayed)[3].startswith("says: ")


# records that were changed


def rewritten(log: Transcript, seq: int, event: Event) -> Transcript:
    """The log with one event changed, and the chain made anew: as somebody edits a file with care."""
    made = Transcript()
    for entry in log.as_written():
        made.enter(event if entry.seq == seq else entry.event, at=entry.at, active=entry.active, cause=entry.cause)
    return made


def other(event: Event) -> Event | None:
    """The event with something of an agent's doing changed."""
    match event:
        case Said(body=body, turn=int()) if body is not None:
            return event.model_copy(update={"body": Text.of("quite another text")})
        case StateSet():
            return event.model_copy(update={"state": {"value": 99}})
        case Refused(by="agent"):
            return event.model_copy(update={"problems": ("another problem",)})
        case CallStarted(recipe=recipe) if not isinstance(recipe, ModelRecipe):
            return event.model_copy(update={"digest": "0" * 64})
        case CallStarted(reserved=reserved) if reserved is not None:
            return event.model_copy(update={"reserved": reserved.model_copy(update={"calls": 7})})
    return None


@pytest.mark.parametrize("held", ALL, ids=lambda one: one.__name__)
async def test_whatever_an_agent_did_is_found_when_it_is_changed(held: Callable[[], Held]) -> None:
    transcript = (await held().chat.run("Go.")).transcript
    for entry in transcript:
        event = other(entry.event)
        if event is not None:
            replayed = await recheck(rewritten(transcript, entry.seq, event), team=held().chat, agents=True)
            assert entry.seq in [one.seq for one in replayed.differences]


async def test_a_record_that_is_nonsense_is_gone_through_all_the_same() -> None:
    transcript = (await tools().chat.run("Go.")).transcript
    for entry in transcript.since(3):
        for field, value in (("turn", 3), ("call", 2), ("turn", 999), ("ordinal", 77), ("from_calls", [1])):
            if field in type(entry.event).model_fields:
                event = entry.event.model_copy(update={field: tuple(value) if isinstance(value, list) else value})
                assert not (await recheck(rewritten(transcript, entry.seq, event))).equal


async def test_a_difference_under_another_policy_says_so() -> None:
    transcript = (await plain().chat.run("Go.")).transcript
    started = transcript[2].event
    assert isinstance(started, RunStarted)
    older = rewritten(transcript, 2, started.model_copy(update={"policy": POLICY_VERSION - 1}))
    assert (await recheck(older)).equal
    said = only(older, Said)[-1]
    assert isinstance(said.event, Said)
    made = rewritten(older, said.seq, said.event.model_copy(update={"from_calls": None, "body": Text.of("x")}))
    noted = {one.note for one in (await recheck(made)).differences}
    assert noted == {f"recorded under policy version {POLICY_VERSION - 1}, this is {POLICY_VERSION}"}


async def test_a_question_that_is_not_the_one_that_was_asked_is_found() -> None:
    transcript = (await tools().chat.run("Go.")).transcript
    asked = only(transcript, Paused)[0]
    assert isinstance(asked.event, Paused)
    other = rewritten(transcript, asked.seq, asked.event.model_copy(update={"question": "May it sing?"}))
    question = "to user: May worker call wipe(path='x')?"
    assert first(await recheck(other)) == (asked.seq, "a question", "to user: May it sing?", question)
