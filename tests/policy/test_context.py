"""What an agent's model is shown, and the bytes of it: rendered once, rolled on, rebuilt from recipes alone."""

from __future__ import annotations

import json
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentchat.errors import ConfigurationError, DamagedTranscript
from agentchat.policy.charter import AgentCard
from agentchat.policy.prompts.asking import Wish, ask
from agentchat.policy.prompts.context import STOPPED, UNSAID, bare, context_of
from agentchat.policy.prompts.rendering import CHANGED, render, shown_source
from agentchat.policy.prompts.request import (
    ChatMessage,
    Growing,
    ModelRequest,
    Shown,
    encode_message,
    escaped,
    messages_of,
    raw_message,
    rebuild,
    resolve,
    tail_of,
)
from agentchat.policy.rules import MaxTurns
from agentchat.policy.visibility import seen_by, sees
from agentchat.transcript.calls import CodeRecipe, ModelRecipe, Reply
from agentchat.transcript.events import (
    CallCancelled,
    CallFinished,
    CallStarted,
    Interrupted,
    PersonaChanged,
    Said,
    TurnCancelled,
)
from agentchat.transcript.messages import (
    Body,
    Code,
    CodeResult,
    CodeRun,
    Data,
    Direction,
    Handoff,
    ReasoningPart,
    Text,
    TextPart,
    ToolCallPart,
)
from tests.policy.cards import card, team
from tests.policy.play import OK, Play
from tests.policy.test_rules import utter
from tests.transcript.instances import words

texts = st.text(max_size=12) | words
plain = st.builds(ChatMessage, st.sampled_from(("user", "assistant", "system")), texts, st.none())
raw = st.just(ChatMessage("tool", "x", '{"role":"tool","tool_call_id":"1","content":"x"}'))
messages = st.lists(plain | raw, max_size=6)
RUN = CodeRun(language="python", status="error", exit_code=1, stdout="one", stderr="two\n", truncated=True)


def shown(play: Play, agent: str) -> list[tuple[str, str]]:
    return [(message.role, message.content) for message in context_of(play.log, agent).growing.messages]


# the bytes


@given(messages, messages, texts)
def test_the_rolled_digest_is_that_of_the_joined_bytes(
    kept: list[ChatMessage], extra: list[ChatMessage], tail: str
) -> None:
    growing = Growing()
    before = []
    for message in kept:
        before.append(growing.request(tail))
        growing.add(message)
    request = growing.request(tail, tuple(extra))
    joined = b'{"messages":[' + b",".join(encode_message(one) for one in (*kept, *extra)) + tail.encode()
    assert request.join() == joined
    assert request.digest == sha256(joined).hexdigest()
    for older in before:  # what grows on does not change what was asked before
        assert sha256(older.join()).hexdigest() == older.digest


@given(messages, st.integers(0, 6), messages)
def test_shown_messages_are_a_bounded_view(shared: list[ChatMessage], count: int, extra: list[ChatMessage]) -> None:
    count = min(count, len(shared))
    view = Shown(shared, count, tuple(extra))
    plain = [*shared[:count], *extra]
    shared.append(ChatMessage("user", "later"))
    assert list(view) == plain
    assert len(view) == len(plain)
    assert [view[place] for place in range(len(plain))] == plain
    assert [view[place - len(plain)] for place in range(len(plain))] == plain
    assert view[1:] == plain[1:]
    assert view[::-1] == plain[::-1]
    for beyond in (len(plain), -len(plain) - 1):
        with pytest.raises(IndexError):
            view[beyond]


def test_a_request_carries_its_bytes_and_their_digest() -> None:
    growing = Growing()
    growing.add(ChatMessage("user", 'a "b" \u2028 é'))
    data = growing.request('],"model":"m"}')
    request = ModelRequest("m", growing.messages, data, conversation="c", key="c:main:1.1", index=0)
    assert request.body() == '{"messages":[{"role":"user","content":"a \\"b\\" \u2028 é"}],"model":"m"}'.encode()
    assert request.digest == sha256(request.body()).hexdigest()
    assert (request.model, request.conversation, request.key, request.index) == ("m", "c", "c:main:1.1", 0)


@pytest.mark.parametrize(
    ("given", "role", "content"),
    [
        ('{"role":"user","content":"x"}', "user", "x"),
        ('{"role":"tool","tool_call_id":"1","content":"x"}', "tool", "x"),
        ('{"role":"assistant","content":null,"tool_calls":[]}', "assistant", ""),
        ('{"role":"user","content":[{"type":"text","text":"a"},{"type":"x"},7,{"text":"b"},{"text":1}]}', "user", "ab"),
        ('{"type":"function_call","name":"look"}', "assistant", ""),
        ('{"type":"function_call_output","output":"x"}', "tool", "x"),
        ('{"type":"function_call_output","output":[{"type":"input_text","text":"x"}]}', "tool", "x"),
        ('{"type":"reasoning","encrypted_content":"x"}', "assistant", ""),
    ],
)
def test_a_raw_message_is_what_its_json_says(given: str, role: str, content: str) -> None:
    assert raw_message(given) == ChatMessage(role, content, given)
    assert encode_message(raw_message(given)) == encode_message(raw_message(given), "responses") == given.encode()


@pytest.mark.parametrize("given", ["", "[]", '"x"', "{", "[" * 100_000])
def test_a_raw_message_that_is_none_is_damage(given: str) -> None:
    with pytest.raises(DamagedTranscript, match="no JSON object"):
        raw_message(given)


def test_the_wires_differ_in_head_and_messages() -> None:
    growing = Growing("responses")
    growing.add(ChatMessage("user", "x"))
    frame = growing.frame()
    growing.add(ChatMessage("assistant", "later"))
    assert (frame.wire, frame.count, len(frame.shown())) == ("responses", 1, 1)
    joined = b'{"input":[{"type":"message","role":"user","content":"x"}]}'
    assert (frame.request("]}").join(), frame.request("]}").size) == (joined, len(joined))
    extra = (ChatMessage("user", "y"),)
    assert frame.request("]}", extra).join() == joined[:-2] + b',{"type":"message","role":"user","content":"y"}]}'
    assert [one.content for one in frame.shown(extra)] == ["x", "y"]


@given(texts)
def test_an_escaped_text_reads_back(text: str) -> None:
    assert json.loads(f'"{escaped(text)}"') == text


# what is shown

BODIES: list[tuple[Body, str]] = [
    (Text.of("hello"), "hello"),
    (Text(parts=(TextPart(content="a"), ReasoningPart(content="hm"), TextPart(content="b"))), "ab"),
    (Text(parts=(ToolCallPart(id="1", name="f", arguments=""),)), ""),
    (Text(parts=()), ""),
    (Code(language="sh", source="ls\n"), "```sh\nls\n\n```"),
    (CodeResult(runs=(OK,)), "[python: finished, exit code 0]\n1\n"),
    (
        CodeResult(runs=(OK, RUN), skipped=2),
        "[python: finished, exit code 0]\n1\n[python: failed, exit code 1; output cut off]\none\ntwo\n"
        "2 later block(s) not run.\n",
    ),
    (
        Direction(next="b", instruction="do"),
        '{"kind":"direction","next":"b","instruction":"do","reason":null,"about":null,"answer":null}',
    ),
    (Handoff(to="b"), "Over to b."),
    (Handoff(to="b", reason="it is yours"), "it is yours"),
    (Data(type="Draft", value={"t": [1, None, "é"]}), '{"t":[1,null,"é"]}'),
    (Data(type="Draft", value=None), "null"),
]


@pytest.mark.parametrize(("body", "text"), BODIES)
@pytest.mark.parametrize("names", [("a", "b"), ("a", "b", "c")])
def test_every_body_is_shown_and_rebuilt(body: Body, text: str, names: tuple[str, ...]) -> None:
    play = Play(*names).start(MaxTurns(9))
    play.give()
    entry = utter(play, body)
    told = body.instruction or "" if isinstance(body, Direction) else text
    head = "a:\n" if len(names) > 2 else ""
    for viewer, role, content in (("a", "assistant", text), ("b", "user", head + told)):
        rendered = render(play.log, entry.seq, viewer, "chat", crowd=len(names) > 2)
        assert rendered is not None
        item, message = rendered
        assert (item[0], message) == (role, ChatMessage(role, content))
        assert resolve(play.log, item[1]) == content
    play.give()
    ended = play.call_model()
    started = play.log[ended.seq - 1].event
    assert isinstance(started, CallStarted)
    assert isinstance(started.recipe, ModelRecipe)
    assert rebuild(play.log, started.recipe).digest == started.digest
    assert messages_of(play.log, started.recipe)[-1] == ChatMessage("user", head + told)


@pytest.mark.parametrize("crowd", [False, True])
def test_results_of_calls_are_shown_from_where_they_stand(crowd: bool) -> None:
    play = Play().start(MaxTurns(9))
    play.give()
    first, second = play.call_code(1), play.call_code(2)
    said = play.offer(Said(sender="a", from_calls=(first.seq, second.seq), skipped=1, turn=play.turn.seq))
    rendered = render(play.log, said.seq, "b", "chat", crowd=crowd)
    assert rendered is not None
    item, message = rendered
    assert f"@{first.seq}/result/stdout" in item[1]
    assert f"@{second.seq}/result/stdout" in item[1]
    assert (
        message.content
        == ("a:\n" if crowd else "") + "[python: finished, exit code 0]\n1\n" * 2 + "1 later block(s) not run.\n"
    )


def test_a_direction_without_an_instruction_is_shown_to_its_giver_alone() -> None:
    play = Play().start(MaxTurns(9))
    play.give()
    said = utter(play, Direction(next="b", reason="so"))
    assert render(play.log, said.seq, "b", "chat", crowd=False) is None
    own = render(play.log, said.seq, "a", "chat", crowd=False)
    assert own is not None
    assert own[1].content.startswith('{"kind":"direction","next":"b"')
    play.give()
    assert shown(play, "b") == [("system", "Help."), ("user", "Do it.")]
    play.say("ok")
    play.give()
    assert [role for role, _ in shown(play, "a")] == ["system", "user", "assistant", "user"]


def test_only_messages_are_shown() -> None:
    play = Play().start(MaxTurns(9))
    with pytest.raises(TypeError, match="event 2 is run_started, not said"):
        render(play.log, 2, "a", "chat", crowd=False)


def test_an_agent_is_shown_its_instructions_and_what_it_sees() -> None:
    play = Play("a", "b", "c").start(MaxTurns(9), task="Task")
    play.give()
    play.say("for all")
    play.give()
    play.offer(Said(sender="user", to="c", body=Text.of("secret")))
    play.say("mine")
    assert shown(play, "b") == [("system", "Help."), ("user", "user:\nTask"), ("user", "a:\nfor all")]
    assert play.give().to == "c"
    assert shown(play, "c")[-2:] == [("user", "user:\nsecret"), ("user", "b:\nmine")]
    play.say("done")
    play.give()
    assert shown(play, "a") == [
        ("system", "Help."),
        ("user", "user:\nTask"),
        ("assistant", "for all"),
        ("user", "b:\nmine"),
        ("user", "c:\ndone"),
    ]


def test_what_comes_after_the_turn_was_given_is_not_shown() -> None:
    play = Play().start(MaxTurns(9))
    play.give()
    play.offer(Said(sender="user", body=Text.of("late")))
    assert shown(play, "a") == [("system", "Help."), ("user", "Do it.")]


def test_a_recipe_holds_what_is_new() -> None:
    play = Play().start(MaxTurns(9))
    play.give()
    first = play.call_model()
    play.say(calls=(first.seq,))
    play.give()
    other = play.say("b says")
    play.give()
    second = play.call_model()
    recipe = play.log[second.seq - 1].event
    assert isinstance(recipe, CallStarted)
    assert recipe.recipe == ModelRecipe(
        model="m",
        base=first.seq - 1,
        add=(
            ("assistant", (f"@{first.seq}/result/parts/0/content",)),
            ("user", (f"@{other.seq}/body/parts/0/content",)),
        ),
        context="all",
    )
    assert tail_of(play.log, recipe.recipe) == '],"model":"m"}'
    again = play.call_model(2)
    started = play.log[again.seq - 1].event
    assert isinstance(started, CallStarted)
    assert started.recipe == ModelRecipe(model="m", base=second.seq - 1, context="all")
    assert started.digest == recipe.digest


def test_a_prompt_of_ones_own_is_no_base() -> None:
    play = Play().start(MaxTurns(9))
    play.give()
    first = play.call_model(1, "Think.")
    second = play.call_model(2)
    third = play.call_model(3, "Think.")
    fourth = play.call_model(4, "Alone.", history=False)
    for ended, base, last in (
        (first, None, "Think."),
        (second, None, "Do it."),
        (third, second.seq - 1, "Think."),
        (fourth, None, "Alone."),
    ):
        started = play.log[ended.seq - 1].event
        assert isinstance(started, CallStarted)
        assert isinstance(started.recipe, ModelRecipe)
        assert started.recipe.base == base
        assert rebuild(play.log, started.recipe).digest == started.digest
        assert messages_of(play.log, started.recipe)[-1] == ChatMessage("user", last)


def test_an_agent_without_model_and_instructions_is_shown_the_conversation() -> None:
    agents = (AgentCard(name="a", kind="function"), card("b", instructions=None))
    play = Play(agreed=team(*agents)).start(MaxTurns(9))
    play.give()
    assert shown(play, "a") == [("user", "Do it.")]
    assert context_of(play.log, "a").recipe(None, ("=]}",)) == ModelRecipe(
        model="", add=(("user", ("@3/body/parts/0/content",)),), tail=("=]}",), context="all"
    )
    alone = bare(play.log, "a", "x")
    assert list(alone.growing.messages) == [ChatMessage("user", "x")]
    with pytest.raises(ConfigurationError, match="agent a has no model"):
        ask(play.log, "a", Wish())


def test_a_changed_persona_starts_a_new_base() -> None:
    play = Play().start(MaxTurns(9))
    play.give()
    first = play.call_model()
    play.say(calls=(first.seq,))
    new = card("a", instructions="Be brief.", model="n")
    play.offer(PersonaChanged(agent="a", card=new.model_dump(mode="json"), author="user", reason="r"))
    play.give()
    play.say("b says")
    play.give()
    assert shown(play, "a") == [
        ("system", "Be brief."),
        ("user", "Do it."),
        ("assistant", f"answer {first.seq - 1}"),
        ("user", "b says"),
    ]
    ended = play.call_model()
    started = play.log[ended.seq - 1].event
    assert isinstance(started, CallStarted)
    assert isinstance(started.recipe, ModelRecipe)
    assert (started.recipe.base, started.recipe.model) == (None, "n")
    assert rebuild(play.log, started.recipe).digest == started.digest


# programs


def test_a_program_that_a_person_changed_is_shown_with_its_result() -> None:
    play = Play().start(MaxTurns(9))
    play.give()
    recipe = CodeRecipe(language="python", source=("=print(2)",), sandbox="none", changed=True)
    started = play.begin(recipe, "d")
    ended = play.offer(CallFinished(call=started.seq, result=OK))
    play.say(calls=(ended.seq,))
    play.give()
    told = f"{CHANGED}\n```python\nprint(2)\n```\n[python: finished, exit code 0]\n1\n"
    assert shown(play, "b")[-1] == ("user", told)


def test_a_program_is_a_slice_of_the_message_it_stands_in() -> None:
    play = Play().start(MaxTurns(9), task="run ```print('é')``` now")
    source = "print('é')"
    pieces = shown_source(play.log, 3, source)
    assert pieces == ("@3/body/parts/0/content[7:17]",)
    assert resolve(play.log, pieces) == source
    assert shown_source(play.log, 3, "print(2)") == ("=print(2)",)
    assert shown_source(play.log, 3, "") == ("=",)
    assert shown_source(play.log, 2, "x") == ("=x",)
    play.give()
    ended = play.call_model()
    said = play.say(calls=(ended.seq,))
    assert shown_source(play.log, said.seq, "answer") == (f"@{ended.seq}/result/parts/0/content[0:6]",)
    play.give()
    code = play.say(Code(source="ls"))
    assert shown_source(play.log, code.seq, "ls") == (f"@{code.seq}/body/source",)
    assert shown_source(play.log, code.seq, "pwd") == ("=pwd",)
    play.give()
    parts = Text(parts=(ReasoningPart(content="ls"), TextPart(content="x"), TextPart(content="ls")))
    several = play.say(parts)
    assert shown_source(play.log, several.seq, "ls") == (f"@{several.seq}/body/parts/2/content[0:2]",)


@given(texts, texts, texts)
def test_a_shown_program_resolves_to_itself(before: str, source: str, after: str) -> None:
    play = Play().start(MaxTurns(9), task=before + source + after)
    assert resolve(play.log, shown_source(play.log, 3, source)) == source


# pieces


@pytest.mark.parametrize(
    ("piece", "text"),
    [
        ("=", ""),
        ("==x", "=x"),
        ("@3/body/parts/0/content", "Do it."),
        ("@3/body/parts/0/content[3:99]", "it."),
        ("%3/body/parts/0", '{"type":"text","content":"Do it."}'),
        ("@1/charter/agents/1/name", "b"),
        ("%1/charter/agents/1/accepts", "[]"),
        ("%3/sender", '"user"'),
        ("~3/body/parts/0/content", "Do it."),
        ("~3/body/parts/0", r"{\"type\":\"text\",\"content\":\"Do it.\"}"),
    ],
)
def test_a_piece_is_text_or_a_pointer(piece: str, text: str) -> None:
    assert resolve(Play().start().log, (piece,)) == text


@pytest.mark.parametrize(
    "piece",
    [
        "",
        "x",
        "@",
        "@x",
        "@99/body",
        "@0/body",
        "@3",
        "@3/body/parts/x",
        "@3/body/parts/9/content",
        "@3/nothing",
        "@1/charter/nothing",
        "@3/sender/more",
        "@3/body/text",
        "@3/model_dump",
        "%3/model_dump",
        "~3/model_dump",
        "~99/body",
        "%3/__class__/__init__/__globals__",
        "@3/body/parts/0/content[0]",
        "@3/body",
    ],
)
def test_a_pointer_to_nothing_is_damage(piece: str) -> None:
    with pytest.raises(DamagedTranscript):
        resolve(Play().start().log, (piece,))


def test_a_recipe_builds_on_earlier_model_calls_only() -> None:
    play = Play().start(MaxTurns(9))
    play.give()
    start = len(play.log)
    for base in (start + 2, start + 1, start + 3, 3, 0, 99):
        play.offer(
            CallStarted(
                turn=4, agent="a", ordinal=1, attempt=1, key="k", digest="", recipe=ModelRecipe(model="m", base=base)
            )
        )
    for base in (start + 1, start + 2, start + 3, start + 4, 99, 0):
        with pytest.raises(DamagedTranscript, match="which is no model call before it"):
            messages_of(play.log, ModelRecipe(model="m", base=base))
        with pytest.raises(DamagedTranscript, match="which is no model call before it"):
            tail_of(play.log, ModelRecipe(model="m", base=base))
    with pytest.raises(DamagedTranscript, match="no settings"):
        tail_of(play.log, ModelRecipe(model="m"))


# who sees what


def test_a_message_with_an_addressee_is_seen_by_two() -> None:
    body = Text.of("x")
    assert all(sees(name, Said(sender="a", body=body)) for name in ("a", "b", "zoe"))
    private = Said(sender="a", to="b", body=body)
    assert [name for name in ("a", "b", "c") if sees(name, private)] == ["a", "b"]
    play = Play("a", "b", "c").start(MaxTurns(9))
    play.give()
    play.say("psst", to="b")
    play.offer(Said(sender="user", body=body))
    said = [3, 5, 6]
    assert [one.seq for one in seen_by(play.log, "b", said, 99)] == [3, 5, 6]
    assert [one.seq for one in seen_by(play.log, "c", said, 99)] == [3, 6]
    assert [one.seq for one in seen_by(play.log, "b", said, 5)] == [3]
    assert [one.seq for one in seen_by(play.log, "b", [2, 3], 99)] == [3]


def _stopped(play: Play, wish: Wish, partial: str | None = "I was ab") -> int:
    """A call that a person stops in the middle; its CallCancelled."""
    play.give()
    started = play.ask(wish)
    play.offer(Interrupted(by="user"))
    ended = play.offer(CallCancelled(call=started.seq, reason="cancelled", partial=partial))
    assert isinstance(play.decided(), TurnCancelled)
    play.close()
    return ended.seq


def test_an_answer_that_was_stopped_is_shown_to_its_own_model_alone() -> None:
    play = Play().start(MaxTurns(9))
    at = _stopped(play, Wish())
    play.start(MaxTurns(9), task="Go on.")
    play.give()
    assert shown(play, "a")[1:] == [
        ("user", "Do it."),
        ("assistant", "I was ab"),
        ("user", STOPPED),
        ("user", "Go on."),
    ]
    started = play.log[play.call_model().seq - 1].event
    assert isinstance(started, CallStarted)
    assert isinstance(started.recipe, ModelRecipe)
    assert started.recipe.add[0] == ("assistant", (f"@{at}/partial",))
    assert rebuild(play.log, started.recipe).digest == started.digest
    play.say()
    play.give()
    assert "I was ab" not in str(shown(play, "b"))


def _unsaid(play: Play, prompt: str | None = None, reply: Reply | None = None) -> int:
    """An answer that had ended when a person stopped the turn, before it was said; its CallFinished."""
    play.give()
    ended = play.call_model(prompt=prompt, reply=reply)
    play.offer(Interrupted(by="user"))
    assert isinstance(play.decided(), TurnCancelled)
    play.close()
    return ended.seq


def test_an_answer_that_was_ended_and_not_said_is_shown_to_its_own_model_alone() -> None:
    play = Play().start(MaxTurns(9))
    at = _unsaid(play)
    play.start(MaxTurns(9), task="Go on.")
    play.give()
    finished = play.log[at].event
    assert isinstance(finished, CallFinished)
    assert isinstance(finished.result, Reply)
    said = finished.result.text
    assert shown(play, "a")[1:] == [("user", "Do it."), ("assistant", said), ("user", UNSAID), ("user", "Go on.")]
    started = play.log[play.call_model().seq - 1].event
    assert isinstance(started, CallStarted)
    assert isinstance(started.recipe, ModelRecipe)
    assert started.recipe.add[0] == ("assistant", (f"@{at}/result/parts/0/content",))
    assert rebuild(play.log, started.recipe).digest == started.digest
    play.say()
    play.give()
    assert UNSAID not in str(shown(play, "b"))


def test_a_thought_that_was_ended_and_not_said_is_shown_to_nobody() -> None:
    play = Play().start(MaxTurns(9))
    _unsaid(play, "Think.")
    play.start(MaxTurns(9), task="Go on.")
    play.give()
    assert shown(play, "a")[1:] == [("user", "Do it."), ("user", "Go on.")]


def test_an_answer_without_words_that_was_not_said_is_shown_to_nobody() -> None:
    play = Play().start(MaxTurns(9))
    _unsaid(play, reply=Reply(parts=(), finish="stop"))
    play.start(MaxTurns(9), task="Go on.")
    play.give()
    assert shown(play, "a")[1:] == [("user", "Do it."), ("user", "Go on.")]


@pytest.mark.parametrize(
    ("wish", "partial"), [(Wish(), None), (Wish(), ""), (Wish("Think."), "half"), (Wish("x", history=False), "half")]
)
def test_nothing_is_shown_of_a_thought_that_was_stopped_or_had_not_begun(wish: Wish, partial: str | None) -> None:
    play = Play().start(MaxTurns(9))
    _stopped(play, wish, partial)
    play.start(MaxTurns(9), task="Go on.")
    play.give()
    assert shown(play, "a")[1:] == [("user", "Do it."), ("user", "Go on.")]


@given(st.lists(st.sampled_from(("say", "private", "model", "late")), max_size=12))
def test_the_context_asked_at_any_time_is_the_context_from_scratch(acts: list[str]) -> None:
    play = Play("a", "b", "c").start(MaxTurns(50))
    for act in acts:
        given_turn = play.give()
        context_of(play.log, given_turn.to)
        if act == "late":
            play.offer(Said(sender="user", to="b", body=Text.of("late")))
            play.skip()
            play.give()
            play.say()
        elif act == "model":
            ended = play.call_model()
            assert isinstance(ended.event, CallFinished)
            assert isinstance(ended.event.result, Reply)
            play.say(calls=(ended.seq,))
        else:
            play.say(to="a" if act == "private" else None)
    again = type(play.log).loads(play.log.dumps())
    for name in ("a", "b", "c"):
        kept, fresh = context_of(play.log, name), context_of(again, name)
        for field in ("items", "said", "waiting", "base", "base_count", "base_tail", "mode", "counted", "pointer"):
            assert getattr(kept, field) == getattr(fresh, field)
        assert kept.growing.request("]}").digest == fresh.growing.request("]}").digest
