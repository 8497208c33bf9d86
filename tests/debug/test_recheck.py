"""Saved runs gone through again: whatever their team, they come out as they were, and nothing is called."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import pytest

import agentchat
from agentchat.agents.assistant import Assistant
from agentchat.agents.base import BaseAgent
from agentchat.agents.function import agent
from agentchat.agents.user_proxy import UserProxy
from agentchat.conversation import Conversation
from agentchat.errors import DamagedTranscript
from agentchat.forking import Edit
from agentchat.models.scripted import ScriptedModel
from agentchat.policy.charter import AgentCard, InDoubt
from agentchat.policy.routing.plans import END
from agentchat.policy.rules import MaxTurns
from agentchat.rechecking import LeftOut, recheck, replay
from agentchat.routing import Edge, Graph
from agentchat.runtime.questions import Question
from agentchat.seams import Says, Turn
from agentchat.stores.memory import MemoryStore
from agentchat.stores.reading import load
from agentchat.tools.function import tool
from agentchat.transcript.events import CallFinished, CallInDoubt, Closed, Said, Taken, TurnGiven
from agentchat.transcript.transcript import Transcript
from tests.debug.conversations import ALL, Held, graph, plain
from tests.runtime.team import EchoSandbox, HangingModel, Recording, asks, only, pair

pytestmark = pytest.mark.anyio

each = pytest.mark.parametrize("held", ALL, ids=lambda one: one.__name__)


async def held_again(held: Callable[[], Held]) -> Transcript:
    chat, task, _ = held()
    return (await chat.run(task)).transcript


@each
async def test_a_run_comes_out_as_it_was(held: Callable[[], Held]) -> None:
    transcript = await held_again(held)
    turns, ours = len(only(transcript, TurnGiven)), held().ours
    alone = await recheck(transcript)
    assert alone.differences == []
    assert sum(alone.run_again.values()) + sum(one.turns for one in alone.left_out) == turns
    assert bool(alone.left_out) is not ours
    with_team = await recheck(Transcript.loads(transcript.dumps()), team=held().chat, agents=True)
    assert with_team.differences == []
    assert with_team.left_out == ()
    assert sum(with_team.run_again.values()) == turns


@each
async def test_a_run_that_breaks_off_anywhere_comes_out_so_far(held: Callable[[], Held]) -> None:
    transcript = await held_again(held)
    for upto in range(1, len(transcript)):
        assert (await recheck(transcript.upto(upto))).differences == []


async def test_nothing_is_called_run_or_asked() -> None:
    made: list[str] = []

    @tool
    def act(what: str) -> str:
        """Act."""
        made.append("tool")
        return what

    def answer(question: Question) -> object:
        made.append("asked")
        return {"yes": True}

    model, sandbox = Recording(asks(("act", '{"what":"x"}')), "```python\n1\n```"), EchoSandbox()
    team = [Assistant("ann", model=model, tools=[act]), UserProxy("run", sandbox=sandbox, human="approve")]
    chat = Conversation(team, until=MaxTurns(2), answer=answer)
    transcript = (await chat.run("go")).transcript
    before = (len(model.bodies), len(sandbox.ran), len(made))
    assert before == (2, 1, 2)
    replayed = await recheck(transcript, team=chat, agents=True)
    assert (replayed.equal, dict(replayed.run_again)) == (True, {"ann": 1, "run": 1})
    assert (len(model.bodies), len(sandbox.ran), len(made)) == before


def test_it_works_from_code_that_is_not_async(tmp_path: Path) -> None:
    result = plain().chat.run_sync("Go.")
    path = result.transcript.save(tmp_path / "run.jsonl")
    for source in (path, str(path), result.transcript):
        replayed = agentchat.replay(source, team=plain().chat)
        assert (replayed.equal, replayed.checked) == (True, len(result.transcript))
    told = "14 events checked, 3 turns run again (ann 2, bob 1), no difference"
    assert str(agentchat.replay(path)) == told.replace("14", str(len(result.transcript)))


async def test_it_works_beside_an_event_loop_that_is_running() -> None:
    transcript = await held_again(plain)
    assert replay(transcript).equal


def test_an_edited_file_is_an_error_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    path.write_bytes(plain().chat.run_sync("Go.").transcript.dumps().replace(b'"one"', b'"One"'))
    with pytest.raises(DamagedTranscript, match=r"run\.jsonl: line 7: "):
        replay(path)


# runs that did not go straight


class Killed(BaseException):
    """The process ends here."""


async def killed(chat: Conversation, at: int) -> Transcript:
    """What is stored of a run whose process ends with its n-th commit."""
    store, appends = chat.store, 0
    assert isinstance(store, MemoryStore)
    append = store.append_now

    def dying(conversation: str, lines: Any, **more: Any) -> None:
        nonlocal appends
        appends += 1
        if appends > at:
            raise Killed
        append(conversation, lines, **more)

    store.append_now = dying  # type: ignore[method-assign]  # the store of a process that ends
    try:
        await chat.run("go", id="c")
    except* Killed:
        pass
    finally:
        store.append_now = append  # type: ignore[method-assign]  # the next process
    return await load(store, "c")


def two_at_once(kept: MemoryStore) -> Conversation:
    """One calls two tools at once, the other answers."""

    @tool(idempotent=True)
    def look(what: str) -> str:
        """Look."""
        return what

    both = asks(("look", '{"what":"a"}'), ("look", '{"what":"b"}'))
    first = Assistant("ann", model=Recording(both, "seen", "more", "over", name="a"), tools=[look])
    team = [first, Assistant("bob", model=Recording("b1", "b2", name="b"))]
    return Conversation(team, until=MaxTurns(3), store=kept, in_doubt="retry")


def side_by_side(kept: MemoryStore) -> Conversation:
    """The team of `graph`, in a store."""
    team = graph().chat.terms.agents
    edges = [Edge("start", ["left", "right"]), Edge(["left", "right"], "last"), Edge("last", END)]
    flow = Graph(start="start", edges=edges, nodes=team)
    return Conversation(flow, until=MaxTurns(9), store=kept, in_doubt="retry")


@pytest.mark.parametrize("team", [two_at_once, side_by_side])
async def test_a_run_whose_process_was_killed_comes_out_as_it_went_on(
    team: Callable[[MemoryStore], Conversation],
) -> None:
    resumed, doubts = 0, 0
    for at in range(3, 60):
        kept = MemoryStore()
        broken = await killed(team(kept), at)
        transcript = (await team(kept).resume("c")).transcript
        resumed, doubts = resumed + len(only(transcript, Taken)), doubts + len(only(transcript, CallInDoubt))
        assert (await recheck(transcript)).differences == []
        assert (await recheck(transcript, team=team(kept), agents=True)).differences == []
        if isinstance(broken[len(broken)].event, Closed):
            break
    assert resumed > 12
    assert doubts > 3


async def test_a_run_that_was_stopped_and_one_that_went_on_come_out() -> None:
    model = HangingModel()
    team = [Assistant("ann", model=model), Assistant("bob", model=ScriptedModel(["b"]))]
    chat = Conversation(team, until=MaxTurns(3), store=MemoryStore())
    async with chat.open("go", id="c") as run:
        with anyio.fail_after(5):
            await model.begun.wait()
            await run.say("hurry")
            await run.interrupt()
            await run.wait()
    stopped = await load(chat.store, "c")
    assert (await recheck(stopped)).differences == []
    more = Conversation(pair("x", "y", "z"), until=MaxTurns(2), store=chat.store)
    result = await more.resume("c", say="again", override="a model that answers")
    replayed = await recheck(result.transcript)
    assert (replayed.differences, dict(replayed.run_again)) == ([], {"ann": 2, "bob": 1})


async def test_branches_that_were_edited_come_out() -> None:
    kept = MemoryStore()

    def chat(*replies: str) -> Conversation:
        return Conversation(pair(*replies), until=MaxTurns(4), store=kept)

    first = await chat("one", "two", "three", "four").run("go", id="c")
    said = [entry.seq for entry in only(first.transcript, Said)]
    results = [entry.seq for entry in only(first.transcript, CallFinished)]
    forks = (
        {"edits": [Edit.replace(said[2], "zwei")]},
        {"edits": [Edit.remove(said[1])]},
        {"at": said[2], "edits": [Edit.insert("user", "and?")]},
        {"edits": [Edit.result(results[1], "deux")]},
        {"at": results[1], "say": "stop there"},
        {"at": said[1]},
    )
    for fork in forks:
        branch = await chat("one", "two", "3", "4", "5").fork("c", **fork)
        replayed = await recheck(branch.transcript)
        assert replayed.differences == []
        assert sum(replayed.run_again.values()) >= 4
    played = await chat().fork("c", at=said[1], calls="recorded")
    assert (await recheck(played.transcript)).differences == []
    lacking = await chat().fork("c", at=said[1], say="something new", calls="recorded")
    assert lacking.outcome.kind == "failed"
    assert (await recheck(lacking.transcript)).differences == []


async def test_a_question_that_was_answered_in_another_process_comes_out() -> None:
    kept = MemoryStore()

    def chat() -> Conversation:
        team = [Assistant("ann", model=Recording("who?", "ah")), UserProxy("me", human="always")]
        return Conversation(team, until=MaxTurns(3), store=kept)

    paused = await chat().run("go", id="c")
    assert (await recheck(paused.transcript)).differences == []
    await chat().answer("c", paused.outcome.values["question"], "me")  # type: ignore[arg-type]  # it names a question
    result = await chat().resume("c")
    replayed = await recheck(result.transcript)
    assert (replayed.differences, dict(replayed.run_again)) == ([], {"ann": 2, "me": 1})


async def test_a_question_that_was_put_inside_another_conversation_comes_out() -> None:
    inner = Conversation([UserProxy("me", human="always")], until=MaxTurns(1))
    team = inner.as_agent("team")
    chat = Conversation([Assistant("ann", model=Recording("who?", "ah")), team], until=MaxTurns(3), store=MemoryStore())
    paused = await chat.run("go", id="c")
    assert (await recheck(paused.transcript)).differences == []
    await chat.answer("c", paused.questions[0].id, "me")
    result = await chat.resume("c")
    replayed = await recheck(result.transcript)
    assert (replayed.differences, dict(replayed.run_again)) == ([], {"ann": 2, "team": 1})


async def test_an_agent_that_gives_a_call_up_by_itself_comes_out() -> None:
    @agent(model=HangingModel())
    async def hasty(text: str, turn: Turn) -> str:
        with anyio.move_on_after(0.05):
            await turn.model("?")
        return "enough"

    chat = Conversation([hasty], until=MaxTurns(1))
    transcript = (await chat.run("go")).transcript
    replayed = await recheck(transcript, team=chat, agents=True)
    assert (replayed.differences, dict(replayed.run_again)) == ([], {"hasty": 1})


@pytest.mark.parametrize("policy", ["retry", "fail"])
async def test_a_call_that_was_in_doubt_comes_out_as_it_was_settled(policy: InDoubt) -> None:
    @tool
    def act(what: str) -> str:
        """Act, with an effect."""
        return what

    def chat(kept: MemoryStore) -> Conversation:
        ann = Assistant("ann", model=Recording(asks(("act", '{"what":"x"}')), "done"), tools=[act])
        return Conversation([ann], until=MaxTurns(1), store=kept, in_doubt=policy)

    kept = MemoryStore()
    await killed(chat(kept), 7)
    transcript = (await chat(kept).resume("c")).transcript
    (doubt,) = only(transcript, CallInDoubt)
    assert isinstance(doubt.event, CallInDoubt)
    assert doubt.event.policy == policy
    replayed = await recheck(transcript)
    assert (replayed.differences, dict(replayed.run_again)) == ([], {"ann": 1})


async def test_an_answer_that_could_not_be_written_down_comes_out() -> None:
    @agent
    async def broken(text: str, turn: Turn) -> str:
        return "half a character: \ud800"

    chat = Conversation([broken], until=MaxTurns(1))
    result = await chat.run("go")
    assert result.outcome.kind == "failed"
    replayed = await recheck(result.transcript, team=chat, agents=True)
    assert (replayed.differences, dict(replayed.run_again)) == ([], {"broken": 1})


async def test_a_long_run_lets_others_have_their_turn() -> None:
    chat = Conversation(pair(*("word",) * 80), until=MaxTurns(80))
    transcript = (await chat.run("go")).transcript
    seen: list[str] = []

    async def check() -> None:
        assert (await recheck(transcript)).equal
        seen.append("checked")

    async def other() -> None:
        await anyio.lowlevel.checkpoint()
        seen.append("other")

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(check)
        tasks.start_soon(other)
    assert seen == ["other", "checked"]


# who does not act again


class Own(BaseAgent):
    """An agent of a user's own."""

    acted = 0

    def card(self) -> AgentCard:
        return AgentCard(name=self.name, kind="function")

    async def respond(self, turn: Turn) -> Says:
        Own.acted += 1
        return "mine"


async def test_code_of_a_users_own_acts_again_only_if_asked_for() -> None:
    chat = Conversation([Own("own"), *pair("a", "b", "c")], until=MaxTurns(3))
    transcript = (await chat.run("go")).transcript
    acted = Own.acted
    alone = await recheck(transcript)
    why = "it is a function of a program's own, and is run again with --agents only"
    assert alone.left_out == (LeftOut("own", 1, why),)
    assert str(alone).endswith(f"not run again: 1 turn of own: {why}")
    mine = await recheck(transcript, team=chat)
    assert mine.left_out == (LeftOut("own", 1, "it is code of your own, and is run again with agents=True only"),)
    assert Own.acted == acted
    assert (await recheck(transcript, team=chat, agents=True)).left_out == ()
    assert Own.acted == acted + 1


async def test_an_agent_that_waits_for_something_else_is_left_out() -> None:
    waits = False

    @agent
    async def slow(text: str, turn: Turn) -> str:
        if waits:
            await anyio.sleep_forever()
        return "done"

    chat = Conversation([slow, *pair("a", "b")], until=MaxTurns(3))
    transcript = (await chat.run("go")).transcript
    waits = True
    replayed = await recheck(transcript, team=chat, agents=True, patience=0.05)
    assert replayed.equal
    why = "it did nothing for 0.05 seconds: it waits for something else"
    assert replayed.left_out == (LeftOut("slow", 1, why),)
    assert dict(replayed.run_again) == {"ann": 1, "bob": 1}


async def test_one_that_waits_beside_others_is_left_out_alone() -> None:
    waits = False

    @agent
    async def start(text: str, turn: Turn) -> str:
        return "go"

    @agent
    async def slow(text: str, turn: Turn) -> str:
        if waits:
            await anyio.sleep_forever()
        return "slow"

    @agent
    async def quick(text: str, turn: Turn) -> str:
        return "quick"

    edges = [Edge(start, [slow, quick]), Edge(slow, END), Edge(quick, END)]
    chat = Conversation(Graph(start=start, edges=edges), until=MaxTurns(9))
    transcript = (await chat.run("go")).transcript
    waits = True
    replayed = await recheck(transcript, team=chat, agents=True, patience=0.05)
    assert (replayed.differences, dict(replayed.run_again)) == ([], {"start": 1, "quick": 1})
    assert [(one.agent, one.turns) for one in replayed.left_out] == [("slow", 1)]


async def test_turns_side_by_side_that_were_stopped_come_out() -> None:
    model = HangingModel()
    left, right = Assistant("left", model=model), Assistant("right", model=Recording("r", name="r"))
    start = Assistant("start", model=Recording("s", name="s"))
    flow = Graph(start=start, edges=[Edge(start, [left, right]), Edge([left, right], END)])
    chat = Conversation(flow, until=MaxTurns(9))
    async with chat.open("go") as run:
        with anyio.fail_after(5):
            await model.begun.wait()
            await run.interrupt()
            result = await run.wait()
    assert result.outcome.kind == "interrupted"
    replayed = await recheck(result.transcript)
    assert replayed.differences == []
    assert replayed.run_again["left"] == 1


async def test_a_function_agent_is_imported_where_it_is_trusted() -> None:
    chat = Conversation([outspoken], until=MaxTurns(1))
    transcript = (await chat.run("go")).transcript
    assert [one.reason for one in (await recheck(transcript, agents=True)).left_out] == [
        f"it is the function {__name__}:outspoken, which is imported with --trust only"
    ]
    trusted = await recheck(transcript, agents=True, trust=True)
    assert (trusted.differences, dict(trusted.run_again), trusted.left_out) == ([], {"outspoken": 1}, ())


@agent
async def outspoken(text: str, turn: Turn) -> str:
    return f"{text}!"


async def test_a_turn_whose_code_was_changed_when_it_was_resumed_is_left_out() -> None:
    kept = MemoryStore()

    def chat(prompt: str) -> Conversation:
        @agent(model=Recording("a", "b", "c"))
        async def asking(text: str, turn: Turn) -> str:
            await turn.model(prompt)
            await turn.model("more")
            return "done"

        return Conversation([asking], until=MaxTurns(1), store=kept, in_doubt="retry")

    await killed(chat("one"), 7)
    result = await chat("other").resume("c")
    assert result.outcome.kind == "failed"
    (left,) = (await recheck(result.transcript, team=chat("other"), agents=True)).left_out
    assert left.reason == "its code was another one when it was resumed, as the record says"
