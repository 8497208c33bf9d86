"""Going on where a conversation stopped: with what is recorded, with nothing done twice, and only by one at a time."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import anyio
import pytest
from pydantic import BaseModel

from agentchat.agents.assistant import Assistant
from agentchat.agents.function import agent
from agentchat.agents.user_proxy import UserProxy
from agentchat.conversation import Conversation
from agentchat.debug.replay import replay
from agentchat.errors import (
    AgentChatError,
    AgreementChanged,
    CallUnsettled,
    ConcurrentCalls,
    DamagedTranscript,
    LeaseHeld,
    NoSuchConversation,
    TranscriptError,
)
from agentchat.models.scripted import Chunks, ScriptedModel
from agentchat.policy.cards import ModelCard
from agentchat.policy.prompts.request import ModelRequest
from agentchat.policy.rules import From, MaxTurns, Mentions
from agentchat.policy.spending.budget import Budget
from agentchat.seams import Limits, Turn
from agentchat.stores.opening import open_store
from agentchat.transcript.calls import Reply
from agentchat.transcript.events import (
    CallFinished,
    CallInDoubt,
    CallStarted,
    Diverged,
    RunStarted,
    Said,
    StateSet,
    Taken,
    TurnFailed,
)
from agentchat.transcript.messages import CodeRun, Text, TextPart
from agentchat.transcript.transcript import Transcript
from tests.runtime.team import EchoSandbox, HangingModel, kinds, only, pair, texts
from tests.stores.around import AroundStore

pytestmark = pytest.mark.anyio


class Crash(BaseException):
    """Stands for the end of the process: no handler of the runtime takes it."""


class CrashingModel:
    """A scripted model that ends the process at its n-th call, before or after the act."""

    def __init__(self, replies: list[str], at: int) -> None:
        self._replies = replies
        self._at = at
        self.asked: list[int] = []

    def card(self) -> ModelCard:
        return ModelCard(name="scripted", tail='],"model":"scripted"')

    async def complete(self, request: ModelRequest, emit: Callable[[str], None]) -> Reply:
        self.asked.append(request.index)
        if len(self.asked) == self._at:
            raise Crash
        return Reply(parts=(TextPart(content=self._replies[request.index]),), finish="stop")


@pytest.fixture(params=["run.jsonl", "runs.db"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return tmp_path / str(request.param)


@pytest.fixture
def crashed(place: Path) -> Path:
    """A store whose conversation `c` lost its process in the second of three model calls."""
    model = CrashingModel(["one", "two", "three"], at=2)
    team = [Assistant("ann", model=model), Assistant("bob", model=model)]
    chat = Conversation(team, until=MaxTurns(3), store=place)

    async def run() -> None:
        try:
            await chat.run("go", id="c")
        finally:
            with anyio.CancelScope(shield=True):
                await chat.store.aclose()

    with pytest.raises(Crash):
        anyio.run(run)
    return place


def team(*replies: str) -> list[Assistant]:
    model = ScriptedModel(list(replies))
    return [Assistant("ann", model=model), Assistant("bob", model=model)]


async def finish(chat: Conversation, source: str | Path) -> Transcript:
    try:
        result = await chat.resume(source)
    finally:
        await chat.store.aclose()
    assert [str(one) for one in replay(result.transcript).differences] == []
    return result.transcript


async def test_a_run_that_lost_its_process_goes_on(crashed: Path) -> None:
    chat = Conversation(team("one", "two", "three"), until=MaxTurns(3), store=crashed)
    transcript = await finish(chat, "c")
    assert [text for _, text in texts(transcript)] == ["go", "one", "two", "three"]
    assert len(only(transcript, Taken)) == 1
    assert len(only(transcript, CallInDoubt)) == 1
    finished = [entry.event for entry in only(transcript, CallFinished)]
    assert len(finished) == 3


async def test_a_file_is_resumed_by_its_path(crashed: Path, tmp_path: Path) -> None:
    chat = Conversation(team("one", "two", "three"), until=MaxTurns(3))
    if crashed.suffix == ".jsonl":
        source = crashed
    else:
        store = open_store(crashed)
        lines = await store.read("c")
        await store.aclose()
        source = Transcript.from_lines(lines).save(tmp_path / "saved.jsonl")
    transcript = await finish(chat, source)
    assert [text for _, text in texts(transcript)] == ["go", "one", "two", "three"]
    assert Transcript.load(source).dumps() == transcript.dumps()


def _renewed() -> list[Assistant]:
    ann, bob = team()
    return [Assistant("ann", model=ann.model, instructions="new"), bob]


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        (lambda: [Assistant("ann", model=ScriptedModel([]))], "agent bob is missing"),
        (lambda: [*team(), Assistant("cleo", model=ScriptedModel([], name="other"))], "agent cleo is new"),
        (lambda: list(reversed(team())), "the order of the agents changed"),
        (lambda: _renewed(), "ann, instructions: was"),
    ],
)
async def test_a_changed_team_is_refused_with_what_changed(
    crashed: Path, changed: Callable[[], list[Assistant]], says: str
) -> None:
    chat = Conversation(changed(), until=MaxTurns(3), store=crashed)
    before = await chat.store.read("c")
    with pytest.raises(AgreementChanged, match=says):
        await chat.resume("c")
    assert await chat.store.read("c") == before
    await chat.store.aclose()


async def test_other_rules_for_an_open_run_are_refused(crashed: Path) -> None:
    chat = Conversation(team("one", "two"), until=MaxTurns(9), budget=Budget(calls=7), store=crashed)
    with pytest.raises(AgreementChanged, match=r"until: was MaxTurns\(turns=3\), is MaxTurns\(turns=9\)") as raised:
        await chat.resume("c")
    assert len(raised.value.changes) == 2
    await chat.store.aclose()


async def test_an_id_or_a_file_that_is_not_there(place: Path, tmp_path: Path) -> None:
    chat = Conversation(team("one"), until=MaxTurns(1), store=place)
    for source in ("nobody", tmp_path / "nothing.jsonl", "nothing.jsonl"):
        with pytest.raises(NoSuchConversation):
            await chat.resume(source)
    await chat.store.aclose()


async def test_what_is_done_stays_and_what_is_cut_short_goes_on(place: Path) -> None:
    chat = Conversation(team("one DONE", "two", "three DONE"), until=Mentions("DONE") | MaxTurns(5), store=place)
    first = await chat.run("go", id="c")
    again = await chat.resume("c")
    assert again.transcript.dumps() == first.transcript.dumps()
    more = await chat.resume("c", say="once more")
    assert [text for _, text in texts(more.transcript)] == ["go", "one DONE", "once more", "two", "three DONE"]
    assert len(only(more.transcript, RunStarted)) == 2
    assert replay(more.transcript).differences == []
    await chat.store.aclose()


async def test_a_run_that_hit_its_limit_gets_a_new_one(place: Path) -> None:
    chat = Conversation(team("one", "two", "three", "four"), until=MaxTurns(2), store=place)
    await chat.run("go", id="c")
    transcript = await finish(chat, "c")
    assert texts(transcript)[1:] == [("ann", "one"), ("bob", "two"), ("ann", "three"), ("bob", "four")]


async def test_a_live_lease_is_refused_and_names_its_owner(place: Path) -> None:
    model = HangingModel()
    holder = Conversation([Assistant("ann", model=model)], until=MaxTurns(3), store=place)
    other = Conversation([Assistant("ann", model=model)], until=MaxTurns(3), store=place)
    async with holder.open("go", id="c") as run:
        await model.begun.wait()
        with pytest.raises(LeaseHeld, match="is being run by"):
            await other.resume("c")
        await run.interrupt()
    await other.store.aclose()
    await holder.store.aclose()


class Effect(EchoSandbox):
    """A sandbox that is not known to leave nothing behind, and ends the process in its first run."""

    async def run(self, source: str, language: str, limits: Limits) -> CodeRun:
        self.ran.append("run")
        if len(self.ran) == 1:
            raise Crash
        return await EchoSandbox().run(source, language, limits)


@pytest.mark.parametrize("in_doubt", ["ask", "retry", "fail"])
async def test_code_in_doubt_is_settled_as_a_person_says(place: Path, in_doubt: str) -> None:
    sandbox = Effect()
    model = ScriptedModel(["```\neffect\n```", "DONE"])

    def chat() -> Conversation:
        agents = [Assistant("coder", model=model), UserProxy("runner", sandbox=sandbox)]
        return Conversation(agents, until=Mentions("DONE") | MaxTurns(3), store=place)

    first = chat()
    with pytest.raises(Crash):
        await first.run("go", id="c")
    with anyio.CancelScope(shield=True):
        await first.store.aclose()
    second = chat()
    if in_doubt == "ask":
        before = await second.store.read("c")
        with pytest.raises(CallUnsettled, match="in_doubt='retry'"):
            await second.resume("c")
        assert await second.store.read("c") == before
    else:
        result = await second.resume("c", in_doubt=in_doubt)  # type: ignore[arg-type]
        assert replay(result.transcript).differences == []
        assert len(sandbox.ran) == (2 if in_doubt == "retry" else 1)
        assert result.outcome.kind == ("done" if in_doubt == "retry" else "failed")
    await second.store.aclose()


class Tally(BaseModel):
    words: list[str] = []


async def test_an_agent_is_run_again_with_its_recorded_results(place: Path) -> None:
    """State, a single call and parallel calls come from the record; only what was lost is made again."""
    model = CrashingModel(["first", "second", "third", "fourth"], at=4)
    runs: list[list[str]] = []

    def chat() -> Conversation:
        @agent(name="busy", model=model, state=Tally)
        async def busy(text: str, turn: Turn) -> str:
            one = await turn.model("single")
            await turn.set_state(Tally(words=[*turn.state.words, one.text]))
            two, three = await turn.gather(turn.model("left", history=False), turn.model("right"))
            await turn.set_state(Tally(words=[*turn.state.words, two.text, three.text]))
            last = await turn.model()
            runs.append(turn.state.words)
            return last.text

        return Conversation([busy], until=MaxTurns(1), store=place)

    first = chat()
    with pytest.raises(Crash):
        await first.run("go", id="c")
    with anyio.CancelScope(shield=True):
        await first.store.aclose()
    transcript = await finish(chat(), "c")
    assert texts(transcript)[-1] == ("busy", "fourth")
    assert sorted(runs[0][1:]) == ["second", "third"]
    assert runs[0][0] == "first"
    assert len(model.asked) == 5  # the four, and the one whose result was lost once more
    assert len(only(transcript, StateSet)) == 2
    assert len(only(transcript, CallFinished)) == 4
    assert [
        (event.ordinal, event.attempt)
        for event in (entry.event for entry in only(transcript, CallStarted))
        if isinstance(event, CallStarted)
    ] == [(1, 1), (2, 1), (3, 1), (4, 1), (4, 2)]


async def test_other_code_than_the_recorded_diverges_and_calls_nothing(place: Path) -> None:
    model = CrashingModel(["first", "second"], at=2)
    prompt = "as it was"

    def chat() -> Conversation:
        @agent(name="fickle", model=model)
        async def fickle(text: str, turn: Turn) -> str:
            await turn.model(prompt)
            return (await turn.model("then")).text

        return Conversation([fickle], until=MaxTurns(1), store=place)

    first = chat()
    with pytest.raises(Crash):
        await first.run("go", id="c")
    with anyio.CancelScope(shield=True):
        await first.store.aclose()
    prompt = "changed"
    second = chat()
    result = await second.resume("c")
    await second.store.aclose()
    assert len(model.asked) == 2
    assert len(only(result.transcript, Diverged)) == 1
    failed = only(result.transcript, TurnFailed)[0].event
    assert isinstance(failed, TurnFailed)
    assert failed.error.type == "CallDiverged"


async def test_two_calls_at_once_without_gather_are_refused() -> None:
    refused: list[str] = []

    @agent(model=ScriptedModel([Chunks(("a", "b")), Chunks(("c", "d"))]))
    async def hasty(text: str, turn: Turn) -> str:
        async def ask() -> None:
            try:
                await turn.model("x")
            except ConcurrentCalls as error:
                refused.append(str(error))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(ask)
            tasks.start_soon(ask)
        return "done"

    result = await Conversation([hasty], until=MaxTurns(1)).run("go")
    assert result.output == "done"
    assert len(refused) == 1
    assert "turn.gather" in refused[0]


async def test_a_say_of_another_process_is_taken_in_and_nothing_is_lost(place: Path) -> None:
    """Another writer appends an input while the holder has a turn pending: the turn is given up and decided anew."""
    store = open_store(place)
    written = anyio.Event()

    class Meddling(ScriptedModel):
        async def complete(self, request: ModelRequest, emit: Callable[[str], None]) -> Reply:
            if request.index == 0:
                other = open_store(place)
                mine = Transcript.from_lines(await other.read("c"))
                said = Said(sender="visitor", body=Text.of("may I?"))
                line = mine.append(mine.next(said, at=1.0, active=0.5, cause=0))
                await other.append("c", [line], after=len(mine) - 1)
                await other.aclose()
                written.set()
            return await super().complete(request, emit)

    model = Meddling(["one", "two", "three"])
    agents = [Assistant("ann", model=model), Assistant("bob", model=model)]
    result = await Conversation(agents, until=MaxTurns(3), store=store).run("go", id="c")
    lines = await store.read("c")
    await store.aclose()
    assert written.is_set()
    assert texts(result.transcript) == [
        ("user", "go"),
        ("visitor", "may I?"),
        ("ann", "one"),
        ("bob", "two"),
        ("ann", "three"),
    ]
    assert [result.transcript.line(seq) for seq in range(1, len(result.transcript) + 1)] == lines
    assert replay(result.transcript).differences == []


def _spoil(good: Path, edited: Path, newer: Path, other: Path) -> None:
    edited.write_bytes(good.read_bytes().replace(b"one", b"eno"))
    newer.write_bytes(good.read_bytes().replace(b'{"v":1,"seq":2', b'{"v":9,"seq":2'))
    other.write_bytes(b"hello\nworld\n")


@pytest.mark.parametrize("place", ["run.jsonl"], indirect=True)
async def test_a_file_that_cannot_be_gone_on_with(crashed: Path, tmp_path: Path) -> None:
    chat = Conversation(team("one", "two", "three"), until=MaxTurns(3))
    edited, newer, other = (tmp_path / name for name in ("edited.jsonl", "newer.jsonl", "other.jsonl"))
    _spoil(crashed, edited, newer, other)
    for path in (edited, newer, other):
        before = path.read_bytes()
        with pytest.raises(TranscriptError):
            await chat.resume(path)
        assert path.read_bytes() == before
    shutil.copy(crashed, tmp_path / "torn.jsonl")
    with (tmp_path / "torn.jsonl").open("ab") as file:
        file.write(b'{"v":1,"seq":')
    result = await chat.resume(tmp_path / "torn.jsonl")
    assert [text for _, text in texts(result.transcript)] == ["go", "one", "two", "three"]


async def test_the_team_today_is_compared_with_the_record() -> None:
    result = await Conversation(pair("a"), until=MaxTurns(1)).run("go")
    today = Conversation([Assistant("ann", model=ScriptedModel([]))], until=MaxTurns(1))
    assert [one.what for one in replay(result.transcript, team=today).differences] == ["the agreement"] * 2
    assert kinds(result.transcript)[-1] == "closed"
    assert issubclass(DamagedTranscript, AgentChatError)


async def test_an_input_that_comes_before_the_end_is_stored_keeps_its_place(place: Path) -> None:
    """The holder is about to store that the run is closed when another process says something: it decides anew."""

    class Late(ScriptedModel):
        async def complete(self, request: ModelRequest, emit: Callable[[str], None]) -> Reply:
            reply = await super().complete(request, emit)
            if request.index == 0:
                store.meddle = True
            return reply

    class Meddled(AroundStore):
        """A store into which someone else writes just before the commit that closes the run."""

        meddle = False

        async def append(
            self, conversation: str, lines: Sequence[bytes], *, after: int, blobs: Mapping[str, bytes] | None = None
        ) -> None:
            if self.meddle and any(b'"kind":"closed"' in line for line in lines):
                self.meddle = False
                await other.say("c", "one thing more", to="bob", sender="visitor")
            await super().append(conversation, lines, after=after, blobs=blobs)

    model = Late(["one DONE", "two DONE"])
    agents = [Assistant("ann", model=model), Assistant("bob", model=model)]
    store = Meddled(open_store(place))
    other = Conversation(agents, until=Mentions("never") | MaxTurns(2), store=place)
    chat = Conversation(agents, until=Mentions("never") | MaxTurns(1), store=store)
    result = await chat.run("go", id="c")
    await other.store.aclose()
    await store.aclose()
    assert texts(result.transcript) == [("user", "go"), ("visitor", "one thing more"), ("ann", "one DONE")]
    assert kinds(result.transcript)[-1] == "closed"
    assert replay(result.transcript).differences == []


async def test_the_turn_that_failed_is_taken_anew_with_its_calls_and_its_ending_says_so() -> None:
    broken = [True]
    inner = ScriptedModel(["one", "two"], name="inner")

    @agent(model=inner)
    async def worker(text: str, turn: Turn) -> str:
        answer = await turn.model()
        if broken:
            raise RuntimeError("the database is down")
        return f"{text}, {answer.text}"

    ann = Assistant("ann", model=ScriptedModel(["first"], name="ann"))
    chat = Conversation([ann, worker], until=From("worker") | MaxTurns(2))
    failed = await chat.run("go", id="w")
    assert "the turn that failed is taken anew, the others stand" in failed.outcome.advice
    broken.clear()
    result = await chat.resume("w")
    assert result.output == "first, two"
    assert {name: spent.calls for name, spent in result.usage.by_agent.items()} == {"ann": 1, "worker": 2}
