"""What each rule looks at, when it comes true, and how rules are joined, written and read."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from agentchat.errors import ConfigurationError
from agentchat.policy.board import Board
from agentchat.policy.rules import (
    AllOf,
    AnyOf,
    Elapsed,
    Emitted,
    External,
    Failures,
    Fired,
    From,
    HandedTo,
    Judge,
    Leaf,
    MaxMessages,
    MaxTurns,
    Mentions,
    Never,
    Not,
    Rule,
    Says,
    Stalemate,
    Where,
    read_rule,
    verdict,
)
from agentchat.policy.spending.budget import Budget
from agentchat.policy.state import state_of
from agentchat.transcript.calls import JsonObject, ModelRecipe, Reply
from agentchat.transcript.events import CallFinished, CallStarted, Entry, ExternalSignal, Interrupted, Said, TimeUp
from agentchat.transcript.messages import Body, CodeResult, CodeRun, Data, ReasoningPart, Text, TextPart
from agentchat.transcript.transcript import Transcript
from tests.policy.play import OK, Play

leaves: st.SearchStrategy[Rule] = st.one_of(
    st.builds(MaxTurns, st.integers(1, 9)),
    st.builds(MaxMessages, st.integers(1, 9)),
    st.builds(Mentions, st.sampled_from(("DONE", "ok?", "'")), st.sampled_from((None, "a"))),
    st.builds(Elapsed, st.sampled_from((0.5, 3, 7.25))),
    st.builds(Failures, st.integers(1, 3)),
    st.builds(External, st.sampled_from((None, "stop"))),
    st.just(Never()),
    st.builds(Says, st.sampled_from(("DONE", "answer 5")), st.sampled_from((None, "a"))),
    st.builds(From, st.sampled_from(("a", "b"))),
    st.builds(HandedTo, st.sampled_from(("a", "user"))),
    st.builds(Emitted, st.sampled_from(("Text", "CodeResult", "Report")), st.sampled_from((None, "b"))),
    st.sampled_from((Where("CodeResult", ok=True), Where("Text", by="a", text__contains="e", parts__0__type="text"))),
    st.builds(Stalemate, st.integers(1, 3)),
)
judges = st.builds(Judge, st.sampled_from(("fine", "m:f", f"m:f {'0' * 12}")))


def joined(leaves: st.SearchStrategy[Rule]) -> st.SearchStrategy[Rule]:
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.builds(lambda one, two: one | two, inner, inner),
            st.builds(lambda one, two: one & two, inner, inner),
            st.builds(lambda one: ~one, inner),
        ),
        max_leaves=6,
    )


rules = joined(st.one_of(leaves, judges))
NAMES: dict[str, object] = {
    kind.__name__: kind
    for kind in (
        MaxTurns, MaxMessages, Mentions, Elapsed, Failures, External, Never,
        Says, From, HandedTo, Emitted, Where, Stalemate,
    )
}  # fmt: skip


def fired_rules(play: Play) -> list[tuple[str, int]]:
    return [(str(one.leaf), one.event) for one in state_of(play.log).fired.values()]


def utter(play: Play, body: str | Body) -> Entry:
    """Enter a message of the agent whose turn it is, whether or not the team's agreement would let it through."""
    given = Text.of(body) if isinstance(body, str) else body
    return play.enter(Said(sender=play.agent, body=given, turn=play.turn.seq), play.turn.seq)


def reply(play: Play, text: str) -> Entry:
    """A model call of the agent whose turn it is, and what came back."""
    started = play.enter(
        CallStarted(
            turn=play.turn.seq,
            agent=play.agent,
            ordinal=1,
            attempt=1,
            key="k",
            recipe=ModelRecipe(model="m"),
            digest="0" * 64,
        ),
        play.turn.seq,
    )
    answer = Reply(parts=(TextPart(content=text),), finish="stop")
    return play.enter(CallFinished(call=started.seq, result=answer), started.seq)


# the algebra


@given(rules)
def test_a_rule_is_read_back_as_it_was_written(rule: Rule) -> None:
    assert read_rule(rule.written()) == rule
    assert read_rule(rule.written()).written() == rule.written()


@given(joined(leaves))  # no text makes a function
def test_a_rule_reads_as_the_expression_that_makes_it(rule: Rule) -> None:
    again = eval(str(rule), {}, NAMES)
    assert str(again) == str(rule)
    assert again.leaves() == rule.leaves()
    assert again.bounds() == rule.bounds()


@given(rules, rules, rules)
def test_joints_of_one_kind_are_flat(one: Rule, two: Rule, three: Rule) -> None:
    assert (one | two) | three == one | (two | three)
    assert (one & two) & three == one & (two & three)
    assert (one | two).leaves() == (one & two).leaves() == (*one.leaves(), *two.leaves())
    assert (~one).leaves() == one.leaves()
    assert (one | two).bounds() == (one.bounds() or two.bounds())
    assert (one & two).bounds() == (one.bounds() and two.bounds())
    assert (~one).bounds() is False


def holds(rule: Rule, true: dict[int, Fired], places: count[int]) -> bool:
    """What a rule means, as plainly as it can be said."""
    if isinstance(rule, AnyOf):
        return True in [holds(part, true, places) for part in rule.rules]  # all of them: `places` stays in step
    if isinstance(rule, AllOf):
        return False not in [holds(part, true, places) for part in rule.rules]
    if isinstance(rule, Not):
        return not holds(rule.of, true, places)
    return next(places) in true


def may_end(rule: Rule, true: dict[int, Fired], places: count[int]) -> bool:
    """Whether a leaf that is true stands for the rule, outside any `~`."""
    if isinstance(rule, AnyOf | AllOf):
        each = [(may_end(part, true, count(at)), holds(part, true, count(at))) for part, at in _placed(rule, places)]
        return any(ends and is_true for ends, is_true in each)
    if isinstance(rule, Not):
        return False
    return next(places) in true


def _placed(rule: AnyOf | AllOf, places: count[int]) -> list[tuple[Rule, int]]:
    start = next(places)
    found: list[tuple[Rule, int]] = []
    for part in rule.rules:
        found.append((part, start))
        start += len(part.leaves())
    return found


@given(rules, st.data())
def test_a_rule_ends_a_run_where_it_holds_and_something_came_true(rule: Rule, data: st.DataObject) -> None:
    every = rule.leaves()
    at = data.draw(st.lists(st.integers(1, 9) | st.none(), min_size=len(every), max_size=len(every)))
    true = {place: Fired(every[place], seq, {}) for place, seq in enumerate(at) if seq is not None}
    named = verdict(rule, true, urgent=False)
    assert (named is not None) == (holds(rule, true, count()) and may_end(rule, true, count()))
    assert named is None or named in true.values()
    pressing = verdict(rule, true, urgent=True)
    assert (pressing is None) == (named is None)


def came_true(rule: Rule, data: st.DataObject) -> dict[int, Fired]:
    """Some of the leaves, each at an event of its own."""
    every = rule.leaves()
    at = data.draw(st.permutations(range(1, len(every) + 1)))
    return {place: Fired(leaf, at[place], {}) for place, leaf in enumerate(every) if data.draw(st.booleans())}


def is_so(rule: Rule, true: dict[int, Fired]) -> bool:
    """Whether a rule holds: joined with a leaf that is true, it can end a run even where it stands behind a `~`."""
    last = len(rule.leaves())
    return verdict(AllOf(rules=(rule, Never())), {**true, last: Fired(Never(), 99, {})}, urgent=False) is not None


@given(rules, rules, st.data())
def test_the_laws_of_de_morgan(one: Rule, two: Rule, data: st.DataObject) -> None:
    true = came_true(one | two, data)
    assert is_so(~(one | two), true) == is_so(~one & ~two, true)
    assert is_so(~(one & two), true) == is_so(~one | ~two, true)
    assert is_so(~~one, true) == is_so(one, true)
    size = len(one.leaves())
    own = {place: fired for place, fired in true.items() if place < size}
    assert is_so(one | ~one, {**own, **{place + size: fired for place, fired in own.items()}})


@given(rules, rules, st.data())
def test_the_order_of_rules_does_not_matter(one: Rule, two: Rule, data: st.DataObject) -> None:
    ones, twos = len(one.leaves()), len(two.leaves())
    true = came_true(one | two, data)
    turned = {place - ones if place >= ones else place + twos: fired for place, fired in true.items()}
    for urgent in (False, True):
        assert verdict(one | two, true, urgent=urgent) is verdict(two | one, turned, urgent=urgent)
        assert verdict(one & two, true, urgent=urgent) is verdict(two & one, turned, urgent=urgent)


@pytest.mark.parametrize(
    ("rule", "at", "named"),
    [
        (MaxTurns(1) | Mentions("x"), {0: 3, 1: 5}, 1),  # the specific ending before the cap
        (Mentions("x") | Mentions("y"), {0: 5, 1: 3}, 1),  # of two alike, what came first
        (Mentions("x") & Mentions("y"), {0: 5, 1: 3}, 0),  # of two that are both needed, what came last
        (Mentions("x") & ~Mentions("y"), {0: 5}, 0),
        (~Mentions("x") | MaxTurns(3), {0: 5, 1: 6}, 1),
        ((Mentions("x") | Mentions("y")) & MaxTurns(3), {1: 4, 2: 6}, 1),
    ],
)
def test_the_leaf_that_is_named(rule: Rule, at: dict[int, int], named: int) -> None:
    true = {place: Fired(rule.leaves()[place], seq, {}) for place, seq in at.items()}
    assert verdict(rule, true, urgent=False) is true[named]


def test_not_alone_ends_nothing() -> None:
    true = {0: Fired(MaxTurns(1), 1, {})}
    assert verdict(~Mentions("x"), {}, urgent=False) is None
    assert verdict(~~MaxTurns(1), true, urgent=False) is None
    assert verdict(~MaxTurns(1) | External(), true, urgent=False) is None


def test_an_urgent_leaf_is_named_where_it_is_asked_for() -> None:
    rule = Mentions("x") & Elapsed(5)
    true = {0: Fired(rule.leaves()[0], 3, {}), 1: Fired(rule.leaves()[1], 4, {})}
    assert verdict(rule, true, urgent=True) is true[1]
    assert verdict(rule, true, urgent=False) is true[0]


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: MaxTurns(0), "MaxTurns: turns=0: input should be greater than or equal to 1"),
        (lambda: MaxTurns("a few"), "MaxTurns: turns='a few': input should be a valid integer"),  # type: ignore[arg-type]
        (lambda: Failures(0), "Failures: in_a_row=0: input should be greater than or equal to 1"),
        (lambda: Elapsed(float("inf")), "Elapsed: seconds=inf: input should be a finite number"),
        (lambda: MaxTurns(1, more=2), "MaxTurns takes no argument 'more'"),
        (lambda: Says(" "), "Says: text=' ': "),
        (lambda: From(""), "From: sender='': "),
        (lambda: HandedTo(""), "HandedTo: name='': "),
        (lambda: Stalemate(0), "Stalemate: repeats=0: input should be greater than or equal to 1"),
        (lambda: Emitted(int), "Emitted takes one message type, a pydantic model or its name, not <class 'int'>"),  # type: ignore[arg-type]
        (lambda: Emitted("a") | 3, None),  # type: ignore[operator]
        (
            lambda: read_rule({"rule": "moon"}),
            "this is no rule: {'rule': 'moon'} names no kind of rule (there are: all,",
        ),
        (lambda: read_rule({"rule": ["any"]}), "this is no rule: {'rule': ['any']} names no kind of rule"),
        (lambda: read_rule({"rule": "any"}), "this is no rule: any: rules={'rule': 'any'}: field required"),
        (lambda: read_rule({"rule": "not", "of": 3}), "this is no rule: not: 3 names no kind of rule"),
        (lambda: read_rule({"rule": "max_turns"}), "this is no rule: MaxTurns.__init__() missing 1 required"),
        (
            lambda: read_rule({"rule": "not", "of": {"rule": "max_turns", "turns": 0}}),
            "this is no rule: MaxTurns: turns=0",
        ),
    ],
)
def test_what_is_wrong_with_a_rule_is_said_in_one_line(make: Callable[[], object], said: str | None) -> None:
    with pytest.raises(TypeError if said is None else ConfigurationError) as raised:
        make()
    assert said is None or str(raised.value).startswith(said)
    assert "\n" not in str(raised.value)


def test_a_rule_that_is_nested_too_deeply_is_refused() -> None:
    written: JsonObject = {"rule": "never"}
    for _ in range(20_000):
        written = {"rule": "not", "of": written}
    with pytest.raises(ConfigurationError, match="nested too deeply"):
        read_rule(written)


@pytest.mark.parametrize(
    "make",
    [
        lambda: MaxTurns(0),
        lambda: MaxMessages(0),
        lambda: Mentions(""),
        lambda: Elapsed(0),
        lambda: Elapsed(float("inf")),
        lambda: Failures(0),
        lambda: MaxTurns(1, more=2),
        lambda: read_rule({"rule": "moon"}),
        lambda: read_rule({"rule": "max_turns"}),
        lambda: Budget(calls=0),
        lambda: Budget(seconds=0),
        lambda: Budget(seconds=float("inf")),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(make: object) -> None:
    assert callable(make)
    with pytest.raises((ValidationError, ConfigurationError)):
        make()


def test_the_base_of_rules_answers_nothing() -> None:
    for rule in (Rule(), Leaf()):
        for ask in (rule.leaves, rule.bounds) if type(rule) is Rule else ():
            with pytest.raises(NotImplementedError):
                ask()
    log = Transcript()
    entry = log.next(Interrupted(by="user"), at=0, active=0, cause=0)
    with pytest.raises(NotImplementedError):
        Leaf().seen(entry, Board(), log)
    assert Leaf().standing(Board()) == "has not come true"
    assert Leaf().senders() == ()
    assert Never().seen(entry, Board(), log) is None


def test_a_budget_says_what_it_caps() -> None:
    assert str(Budget()) == "Budget()"
    assert str(Budget(calls=3, seconds=2)) == "Budget(calls=3, seconds=2.0)"
    assert Budget(calls=3).written() == {"calls": 3}
    assert Budget(calls=3).bounds() is False
    assert Budget(seconds=3).bounds() is True


# the leaves


def test_max_turns_counts_turns_that_ended_however() -> None:
    play = Play().start(MaxTurns(4) | Failures(9))
    for act in (play.say, play.skip, play.fail):
        play.give()
        act()
        assert fired_rules(play) == []
    play.give()
    last = play.say()
    assert fired_rules(play) == [("MaxTurns(turns=4)", last.seq)]
    closed = play.close()
    assert (closed.outcome, closed.event, closed.values) == ("limit", last.seq, {"turns": 4})


def test_max_messages_counts_the_task_too() -> None:
    play = Play().start(MaxMessages(3))
    play.give()
    play.skip()
    play.give()
    play.say()
    assert fired_rules(play) == []
    play.give()
    play.say()
    assert play.close().values == {"messages": 3}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("DONE", True),
        ("All DONE.", True),
        ('He said "DONE" again', True),
        ("**DONE**", True),
        ("done", False),
        ("UNDONE", False),
        ("DONE1", False),
        ("DONE_", False),
        ("ÉDONE", False),
        ("UNDONE but DONE", True),
        ("```\nDONE\n```", False),
        ("```\nDONE\n```\nDONE", True),
        ("a ```DONE``` b", False),
        ("`DONE`", True),
    ],
)
def test_mentions_looks_for_whole_words_outside_fences(text: str, found: bool) -> None:
    play = Play().start(Mentions("DONE") | MaxTurns(9))
    play.give()
    entry = play.say(text)
    assert fired_rules(play) == ([("Mentions(text='DONE')", entry.seq)] if found else [])
    if found:
        closed = play.close()
        assert (closed.outcome, closed.values) == ("done", {"text": "DONE", "sender": "a"})


def test_mentions_takes_the_text_as_it_is() -> None:
    play = Play().start(Mentions("a.c (?)") | MaxTurns(9))
    play.give()
    play.say("abc (?)")
    assert fired_rules(play) == []
    play.give()
    play.say("see a.c (?)!")
    assert len(fired_rules(play)) == 1


def test_mentions_never_looks_at_people_results_or_data() -> None:
    play = Play().start(Mentions("DONE") | MaxTurns(9), task="Say DONE.")
    play.offer(Said(sender="user", body=Text.of("DONE")))
    play.give()
    play.offer(Said(sender="user", body=Text.of("DONE")))
    play.say(CodeResult(runs=(CodeRun(language="python", status="ok", stdout="DONE"),)))
    play.give()
    play.say(Data(type="DONE", value={"text": "DONE"}))
    play.give()
    play.say(Text(parts=(ReasoningPart(content="DONE"),)))
    assert fired_rules(play) == []
    play.give()
    play.say(Text(parts=(TextPart(content="DO"), TextPart(content="NE"))))
    assert len(fired_rules(play)) == 1


def test_mentions_by_means_one_sender() -> None:
    play = Play().start(Mentions("DONE", by="b") | MaxTurns(9))
    play.give()
    play.say("DONE")
    assert fired_rules(play) == []
    play.give()
    play.say("DONE")
    assert [rule for rule, _ in fired_rules(play)] == ["Mentions(text='DONE', by='b')"]


def test_mentions_reads_what_a_model_answered() -> None:
    play = Play().start(Mentions("answer") | MaxTurns(9))
    play.give()
    ended = reply(play, "the answer")
    assert fired_rules(play) == []
    play.say(calls=(ended.seq,))
    assert len(fired_rules(play)) == 1


def test_elapsed_looks_at_every_event_of_the_run() -> None:
    play = Play(pace=0.0).start(Elapsed(5))
    play.give()
    play.active = 4.999
    play.offer(TimeUp(rule="other", active=4.999))
    assert fired_rules(play) == []
    play.active = 5.0
    late = play.offer(TimeUp(rule="Elapsed(seconds=5.0)", active=5.0))
    play.say()
    assert fired_rules(play) == [("Elapsed(seconds=5.0)", late.seq)]
    play.run([])
    play.start(Elapsed(5))
    assert fired_rules(play) == []


def test_failures_count_in_a_row() -> None:
    play = Play().start(Failures(2) | MaxTurns(20))
    for act in (play.fail, play.say, play.fail, play.skip):
        play.give()
        act()
        assert fired_rules(play) == []
    play.give()
    play.fail()
    closed = play.close()
    assert (closed.outcome, closed.rule, closed.values) == ("failed", "Failures(in_a_row=2)", {"failures": 2})


def test_without_a_rule_for_it_the_first_failure_ends() -> None:
    play = Play().start(MaxTurns(9))
    play.give()
    failed = play.fail("KeyError")
    closed = play.close()
    assert (closed.outcome, closed.rule, closed.event) == ("failed", "failure", failed.seq)
    assert closed.values == {"agent": "a", "error": "KeyError"}
    assert closed.reason == "the turn of a failed: KeyError: no"


def test_a_turn_that_fails_at_the_limit_of_a_team_inside_ends_at_a_limit() -> None:
    play = Play().start(MaxTurns(9))
    play.give()
    play.back(play.tool(None), "it said nothing", ok=False, limit="8 of 8 calls spent")
    failed = play.fail("CallFailedError")
    closed = play.close()
    assert (closed.outcome, closed.rule, closed.event) == ("limit", "limit of a", failed.seq)
    assert closed.reason == "the team inside a stopped at a limit: 8 of 8 calls spent"
    play.start(None)
    play.give()
    play.fail()
    assert play.close().rule == "failure"


def test_a_rule_for_failures_that_cannot_end_a_run_bounds_them_still() -> None:
    play = Play().start(Failures(2) & External("enough") | MaxMessages(9))
    for _ in range(2):
        play.give()
        play.fail()
    play.give()
    play.fail()
    assert play.close().rule == "failure"


@pytest.mark.parametrize(("name", "sent", "found"), [(None, "any", True), ("go", "go", True), ("go", "stop", False)])
def test_external_waits_for_a_signal(name: str | None, sent: str, found: bool) -> None:
    play = Play().start(External(name) | MaxTurns(9))
    play.give()
    signal = play.offer(ExternalSignal(name=sent, value=[1], by="program"))
    assert fired_rules(play) == ([(str(External(name)), signal.seq)] if found else [])
    if found:
        play.rule()
        closed = play.close()
        assert (closed.outcome, closed.values) == ("stopped", {"name": sent, "value": [1]})


def test_a_leaf_asked_about_another_event_says_nothing() -> None:
    play = Play().start(MaxTurns(9))
    entry = play.log[2]
    for leaf in (
        Mentions("x"),
        External(),
        Says("x"),
        From("a"),
        HandedTo("a"),
        Emitted("Text"),
        Where("Text", text="x"),
    ):
        assert leaf.seen(entry, state_of(play.log).board, play.log, leaf.memory()) is None


def test_what_came_true_stays_true_for_the_run() -> None:
    play = Play().start(Mentions("x") & Mentions("y") | MaxTurns(9))
    play.give()
    first = play.say("x")
    play.give()
    play.say("x")
    assert [event for _, event in fired_rules(play)] == [first.seq]
    play.give()
    last = play.say("y")
    assert play.close().event == last.seq
    play.start(Mentions("x") & Mentions("y") | MaxTurns(9))
    assert fired_rules(play) == []


def test_a_run_with_code_ends_by_its_rule() -> None:
    play = Play().start(MaxTurns(2))
    play.give()
    ended = play.call_code()
    assert isinstance(ended.event, CallFinished)
    assert ended.event.result == OK
    play.say(calls=(ended.seq,))
    play.give()
    play.say()
    assert play.close().rule == "MaxTurns(turns=2)"


def test_a_rule_joins_with_rules_only() -> None:
    with pytest.raises(TypeError):
        MaxTurns(1) | 3  # type: ignore[operator]
    with pytest.raises(TypeError):
        MaxTurns(1) & None  # type: ignore[operator]
