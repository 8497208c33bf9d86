"""Conversations of every kind, small and scripted, that the tests of checks share."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from pydantic import BaseModel

from agentchat.agents.assistant import Assistant
from agentchat.agents.function import agent
from agentchat.agents.supervisor import Supervisor
from agentchat.agents.user_proxy import UserProxy
from agentchat.conversation import Conversation
from agentchat.errors import ModelBusy, ModelRejected, ModelUnsupported
from agentchat.policy.charter import ContextPolicy
from agentchat.policy.routing.plans import END
from agentchat.policy.rules import Failures, MaxTurns, Mentions, Rule
from agentchat.policy.spending.budget import Budget
from agentchat.routing import Edge, Graph, Handoffs, Selector
from agentchat.runtime.questions import Question
from agentchat.seams import Turn
from agentchat.tools.function import tool
from agentchat.transcript.transcript import Message
from tests.runtime.team import Count, EchoSandbox, Recording, asks, told

CODE = "```python\nprint(6 * 7)\n```"
TWO = f"First:\n{CODE}\nthen:\n```python\nfail\n```\nand:\n{CODE}"


class Report(BaseModel):
    passed: bool
    note: str = ""


class Held(NamedTuple):
    """A team and its task. ours: whether every agent acts again from the record alone."""

    chat: Conversation
    task: str = "Go."
    ours: bool = True


def look(what: str, deep: bool = False) -> str:
    """Look something up."""
    return f"{what} is there"


@tool(approve=True)
def wipe(path: str) -> str:
    """Remove a file."""
    return f"{path} is gone"


def plain() -> Held:
    model = Recording("one", "two", "three DONE")
    team = [Assistant("ann", model=model, instructions="Be Ann."), Assistant("bob", model=model)]
    return Held(Conversation(team, until=Mentions("DONE") | MaxTurns(6)))


def programs() -> Held:
    coder = Assistant("coder", model=Recording(CODE, TWO, "no code, DONE"))
    runner = UserProxy("runner", sandbox=EchoSandbox())
    return Held(Conversation([coder, runner], until=Mentions("DONE", by="coder") | MaxTurns(8)))


def approved() -> Held:
    def answer(question: Question) -> object:
        return {"yes": "fail" not in question.text, "reason": "it says fail"}

    coder = Assistant("coder", model=Recording(CODE, TWO, "DONE"))
    runner = UserProxy("runner", sandbox=EchoSandbox(), human="approve")
    return Held(Conversation([coder, runner], until=Mentions("DONE", by="coder") | MaxTurns(8), answer=answer))


def person() -> Held:
    team = [Assistant("ann", model=Recording("who?", "ah")), UserProxy("me", human="always")]
    return Held(Conversation(team, until=MaxTurns(4), answer=lambda question: f"about {question.id}"))


def tools() -> Held:
    wrong = asks(
        ("look", '{"what":"a"}'), ("look", '{"deep":1}'), ("lok", "{}"), ("look", "{no"), ("look", '{"what":"a"}')
    )
    more = asks(("look", '{"what":"b"}'), ("wipe", '{"path":"x"}'), ("wipe", '{"path":"y"}'), text="and")
    model = Recording(wrong, more, "all there")
    worker = Assistant("worker", model=model, tools=[look, wipe])

    def answer(question: Question) -> object:
        return {"yes": "'x'" in question.text, "reason": "no"}

    return Held(Conversation([worker], until=MaxTurns(1), answer=answer))


def retried() -> Held:
    """Attempts that fail, a model that stands in, a form that a server does not know."""
    first = Recording(ModelBusy("later", retry_after=0.0), "one", ModelRejected("no"), "x", name="first")
    second = Recording("two", name="second")
    broken = Recording(ModelUnsupported("no schema"), ModelUnsupported("no tools"), '{"passed":true}', name="broken")
    typed = Assistant("typed", model=broken, emits=Report)
    team = [Assistant("ann", model=[first, second]), typed]
    return Held(Conversation(team, until=MaxTurns(4) | Failures(3)))


def typed() -> Held:
    def strict(report: Report) -> None:
        if report.note != "good":
            raise ValueError("say that it is good")

    answers = ("nonsense", '{"passed":"maybe"}', '{"passed":true}', '{"passed":true,"note":"good"}')
    writer = Assistant("writer", model=Recording(*answers), emits=Report, repairs=4, check=strict)
    return Held(Conversation([writer], until=MaxTurns(1)))


def failing() -> Held:
    writer = Assistant("writer", model=Recording("a", "b", "c", "d"), emits=Report, repairs=1)
    return Held(Conversation([writer], until=MaxTurns(3) | Failures(1)))


def supervised() -> Held:
    boss = Recording(
        '{"reason":"r","next":"ann","instruction":"write","answer":null}',
        '{"reason":"r","next":"zoe","instruction":"write","answer":null}',
        '{"reason":"r","next":"bob","instruction":null,"answer":null}',
        '{"reason":"r","next":"finish","instruction":null,"answer":"42"}',
        name="boss",
    )
    team = [Assistant("ann", model=Recording("a", name="a")), Assistant("bob", model=Recording("b", name="b"))]
    return Held(Conversation(Supervisor("chief", team=team, model=boss), until=MaxTurns(9)))


def selected() -> Held:
    chooser = Recording('{"reason":"r","next":"bob"}', '{"reason":"r","next":"ann"}', name="chooser")
    team = [Assistant("ann", model=Recording("a", name="a")), Assistant("bob", model=Recording("b", name="b"))]
    return Held(Conversation(team, routing=Selector(chooser), until=MaxTurns(2)))


def handed() -> Held:
    ann = Recording(asks(("transfer_to_bob", '{"reason":"he knows"}')), name="a")
    team = [Assistant("ann", model=ann), Assistant("bob", model=Recording("here you are", name="b"))]
    return Held(Conversation(team, routing=Handoffs(), until=MaxTurns(4)))


def graph() -> Held:
    """Two that work side by side, and one behind both."""
    parallel = asks(("look", '{"what":"p"}'), ("look", '{"what":"q"}'))
    left = Assistant("left", model=Recording(parallel, "l", name="l"), tools=[look])
    right = Assistant("right", model=Recording(asks(("look", '{"what":"r"}')), "r", name="r"), tools=[look])
    start = Assistant("start", model=Recording("begin", name="s"))
    last = Assistant("last", model=Recording("both", name="e"))
    edges = [Edge(start, [left, right]), Edge([left, right], last), Edge(last, END)]
    return Held(Conversation(Graph(start=start, edges=edges), until=MaxTurns(9)))


def functions() -> Held:
    """Agents that are functions, with a condition, a rule and a state of their own."""

    @agent(state=Count, model=Recording("thought", "again", "more"))
    async def think(text: str, turn: Turn) -> Report:
        await turn.set_state(Count(value=turn.state.value + 1))
        said = await turn.model("and?")
        return Report(passed=turn.state.value >= 2, note=said.reply.text)

    @agent
    async def judge(report: Report, turn: Turn) -> str:
        return f"I see {report.note}"

    def passed(report: Report) -> bool:
        return report.passed

    flow = Graph(start=think, edges=[Edge(think, judge, when=passed), Edge(think, think, at_most=4), Edge(judge, END)])
    return Held(Conversation(flow, until=MaxTurns(9) | Rule.function(never)), ours=False)


def never(message: Message) -> bool:
    """A rule that never comes true."""
    return False


def nested() -> Held:
    inner = Conversation([Assistant("deep", model=Recording("found it"))], until=MaxTurns(1))
    model = Recording(asks(("team", '{"task":"find"}')), "done", name="outer")
    outer = Assistant("outer", model=model, tools=[inner.as_tool("team", "A team.")])
    other = Conversation([Assistant("other", model=Recording("mine"))], until=MaxTurns(1)).as_agent("crew")
    return Held(Conversation([outer, other], until=MaxTurns(2), budget=Budget(calls=9)))


def tight() -> Held:
    """A budget that has no room in the end: what is reserved, and the limit of each answer, follows from it."""
    usage = [told(text, 40, 20) for text in ("one", "two", "three", "four", "five")]
    team = [Assistant("ann", model=Recording(*usage, max_output=50)), Assistant("bob", model=Recording("x", name="b"))]
    return Held(Conversation([team[0]], until=MaxTurns(20), budget=Budget(tokens=600)))


def windows() -> Held:
    """One that sums up what came before, and one that is shown the last turn only."""
    long = ["a " * 300, "SUMMARY", "b " * 300, "SUMMARY", "c"]
    ann = Assistant("ann", model=Recording(*long, name="a"), context=ContextPolicy(compact_at=256))
    bob = Assistant("bob", model=Recording("x", "y", "z", name="b"), context=ContextPolicy(turns=1))
    return Held(Conversation([ann, bob], until=MaxTurns(5)))


def silent() -> Held:
    @agent
    async def nobody(text: str, turn: Turn) -> str | None:
        return None

    @agent
    async def crashes(text: str, turn: Turn) -> str:
        raise KeyError("what")

    return Held(Conversation([nobody, crashes], until=MaxTurns(3) | Failures(2)), ours=False)


ALL: tuple[Callable[[], Held], ...] = (
    plain, programs, approved, person, tools, retried, typed, failing, supervised, selected, handed, graph, functions,
    nested, tight, windows, silent,
)  # fmt: skip
