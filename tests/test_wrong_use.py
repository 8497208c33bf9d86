"""What a person writes who is new here, or thinks of another framework: each is told in one line what to do."""

from __future__ import annotations

from collections.abc import Callable
from inspect import signature
from typing import Any, cast

import pytest

from agentchat import (
    AgentChatError,
    Assistant,
    Conversation,
    Edge,
    Edit,
    Graph,
    Handoffs,
    Limits,
    MaxTurns,
    Mentions,
    OpenAIModel,
    ScriptedModel,
    Supervisor,
    Transcript,
    Turn,
    UserProxy,
    agent,
    assert_replays,
    diff,
    replay,
    tool,
    why,
)
from agentchat.errors import ConfigurationError

ANN = Assistant("ann", model=ScriptedModel(["a"]))


def any_(function: object) -> Any:
    return cast(Any, function)


def chat(*given: object, **settings: object) -> Conversation:
    return any_(Conversation)(*(given or ([ANN],)), **{"until": MaxTurns(1), **settings})  # type: ignore[no-any-return]


def add(a: int) -> int:
    return a


class Client:
    """Of another framework, or one that is not async."""

    api_key = base_url = ""

    def is_closed(self) -> bool:
        return False

    def close(self) -> None: ...


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: any_(Assistant)(5, model="m"), "5 is no name for an agent: "),
        (lambda: any_(Assistant)("a", model="m", instructions=["x"]), "instructions of a is ['x']; it must be a text"),
        (lambda: any_(Assistant)("a", model="m", description=5), "description of a is 5; it must be a text"),
        (lambda: any_(Supervisor)("s", team=[ANN], model="m", output="R"), "output of s is 'R'; it must be a pydantic"),
        (lambda: any_(UserProxy)("u", limits={"seconds": 3}), "limits of u is {'seconds': 3}; it must be Limits(secon"),
        (lambda: UserProxy("u", limits=any_(Limits)(seconds="5")), "limits of u: seconds must be a number, not '5'"),
        (lambda: chat([any_(UserProxy)("u", sandbox=True)]), "agent u: True is no sandbox: it has no "),
        (lambda: any_(ScriptedModel)({"a": 1}), "ScriptedModel takes a list of replies, not a dict"),
        (lambda: any_(ScriptedModel)(["a"], usage={"input": 1}), "usage must be a Usage(input_tokens=..., output_tok"),
        (lambda: any_(ScriptedModel)(["a"], name=5), "the name of a model must be a text, not 5"),
        (lambda: any_(OpenAIModel)(5), "the name of a model must be a text, not 5"),
        (lambda: any_(OpenAIModel)("m", base_url=5), "a base URL is a text, not 5; it looks like http://"),
        (lambda: any_(OpenAIModel)("m", client=5), "client=5: it must be an openai.AsyncOpenAI"),
        (lambda: any_(OpenAIModel)("m", client=Client()), "client=<"),
        (lambda: any_(tool)(add, approve="yes"), "approve of add is True or False, not 'yes'"),
        (lambda: any_(tool)(add, timeout="5"), "tool add: timeout is '5'; it must be seconds above 0"),
        (lambda: chat([Assistant("a", model="m", tools=[any_(chat())])]), "agent a: <agentchat.conversation.Convers"),
        (lambda: chat().as_tool(any_(5)), "tool of a team: 5 is no name for a tool"),
        (lambda: chat().as_tool("two words"), "tool of a team: 'two words' is no name for a tool"),
        (lambda: any_(Handoffs)(to="bob"), "to of Handoffs is 'bob'; it says for each agent, by name, to whom it may"),
        (lambda: any_(Handoffs)(to={ANN: ["bob"]}), "to of Handoffs is {Assistant('ann'): ['bob']}; it says for each"),
        (lambda: chat("ann"), "'ann' is no agent; an agent is an Assistant, a UserProxy, ..."),
        (lambda: chat({"ann": ANN}), "{'ann': Assistant('ann')} is no agent; agents are given as a list: [coder, runn"),
        (lambda: chat([chat()]), "<agentchat.conversation.Conversation object at "),
        (lambda: chat(Graph(start="ann", edges=[Edge("ann", "bob")])), "the graph has names for its agents only (ann,"),
        (lambda: chat(until=[MaxTurns(1), Mentions("x")]), "until=[MaxTurns(turns=1), Mentions(text='x')]: it must be"),
        (lambda: chat(until=add), "until=<function add at "),
        (lambda: chat(clock=5), "clock=5 is no clock: it has no monotonic, no wall"),
        (lambda: chat(ids="abc"), "ids='abc': it must be a function that gives a new id"),
        (lambda: Transcript.load(any_(5)), "a transcript or the path of its file is needed, not int"),
        (lambda: chat().run_sync("x").transcript.save("/no/such/x.jsonl"), "/no/such/x.jsonl: cannot be written (No s"),
        (lambda: why(any_(chat().run_sync("x"))), "a transcript or the path of its file is needed, not Result; give"),
        (lambda: diff(any_(chat().run_sync("x")), "b"), "a transcript or the path of its file is needed, not Result"),
        (lambda: why(chat().run_sync("x").transcript, any_("3")), "an event is named by its number, as in message.seq"),
        (lambda: replay(chat().run_sync("x").transcript, team=any_(ANN)), "team=Assistant('ann'): it must be a Conver"),
    ],
)  # fmt: skip
def test_what_to_do_is_told_in_one_line(make: Callable[[], object], told: str) -> None:
    with pytest.raises(AgentChatError) as raised:
        make()
    assert str(raised.value).startswith(told)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("make", "hint"),
    [
        (lambda: chat([Assistant("a", model="m", tools=[any_(chat())])]), "a conversation is a tool as chat.as_tool('"),
        (lambda: chat([chat()]), "a conversation is one with chat.as_agent('name')"),
        (lambda: chat(until=[MaxTurns(1)]), "several are joined with |"),
        (lambda: chat(until=add), "a function of the message is one as Rule.function(...)"),
        (lambda: any_(OpenAIModel)("m", client=Client()), "it must be an openai.AsyncOpenAI"),
    ],
)
def test_the_way_that_leads_there_is_named(make: Callable[[], object], hint: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        make()
    assert hint in str(raised.value)


@pytest.mark.anyio
async def test_what_is_no_edit_is_told() -> None:
    talk = chat()
    first = await talk.run("x")
    with pytest.raises(AgentChatError, match=r"'replace 3: x' is no edit; one is made by Edit.replace"):
        await talk.fork(first.conversation, edits=[any_("replace 3: x")])
    assert isinstance(Edit.replace(3, "x"), Edit)


@pytest.mark.anyio
async def test_a_forgotten_await_is_told() -> None:
    @agent(model=ScriptedModel(["a"]))
    async def hasty(task: str, turn: Turn) -> str:
        return any_(turn.model("x")).text  # type: ignore[no-any-return]

    @agent(model=ScriptedModel(["a"]))
    async def hastier(task: str, turn: Turn) -> str:
        return any_(turn.model("x"))  # type: ignore[no-any-return]

    result = await chat([hasty]).run("x")
    assert "this call was not made, so it has no 'text': `await` it first" in result.outcome.reason
    result = await chat([hastier]).run("x")
    assert "a message is text or a pydantic model, not Act: `await` it" in result.outcome.reason


def test_a_result_is_no_transcript_for_a_test_either() -> None:
    with pytest.raises(AssertionError, match=r"not Result; give its \.transcript"):
        assert_replays(any_(chat().run_sync("x")))


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: any_(Assistant)("a", system_message="x"), "Assistant takes no 'system_message'; here it is instructi"),
        (lambda: any_(Assistant)("a", llm_config={}), "Assistant takes no 'llm_config'; here it is model= (it takes: "),
        (lambda: any_(Assistant)("a", model="m", tool=[add]), "Assistant takes no 'tool'; did you mean 'tools'? (it t"),
        (lambda: any_(Assistant)("a", model="m", xyz=1), "Assistant takes no 'xyz' (it takes: name, model, instructio"),
        (lambda: any_(UserProxy)("u", human_input_mode="NEVER"), "UserProxy takes no 'human_input_mode'; here it is h"),
        (lambda: any_(Supervisor)("s", agents=[ANN]), "Supervisor takes no 'agents'; here it is team= (it takes: name"),
        (lambda: any_(Conversation)([ANN], max_turns=3), "Conversation takes no 'max_turns'; here it is until=MaxTurn"),
    ],
)  # fmt: skip
def test_a_keyword_of_another_framework_is_told_the_word_here(make: Callable[[], object], told: str) -> None:
    with pytest.raises(TypeError) as raised:
        make()
    assert str(raised.value).startswith(told)


def test_the_signatures_stay_as_they_are() -> None:
    assert list(signature(Assistant).parameters)[:3] == ["name", "model", "instructions"]
    assert list(signature(Conversation).parameters)[:3] == ["agents", "routing", "until"]
