"""When nothing new is happening any more, and when it only looks so."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentchat.policy.rules import MaxTurns, Stalemate
from agentchat.policy.rules.likeness import MOST_CHARACTERS, Sample
from agentchat.policy.state import state_of
from agentchat.transcript.calls import Answer, AskRecipe, CallRecipe, CallResult, CodeRecipe, ToolRecipe, ToolResult
from agentchat.transcript.chain import digest
from agentchat.transcript.events import CallFinished, CallStarted, Closed, Entry, Said, TurnPassed
from agentchat.transcript.messages import (
    BlobPart,
    Body,
    Code,
    CodeResult,
    CodeRun,
    Data,
    Direction,
    Handoff,
    Text,
    TextPart,
)
from tests.policy.play import Play
from tests.policy.test_rules import fired_rules, reply, utter

LONG = "I have looked at the file again and the test still fails in the same way"
NEAR = "I have looked at the file again and the test still fails in the old way"
NEW = tuple(f"{word} {word}ly {word}ing {word}ed {word}er once" for word in ("red", "blue", "warm", "cold", "calm"))
OK = CodeResult(runs=(CodeRun(language="python", status="ok"),))
Step = str | Body | tuple[CallRecipe, CallResult] | None


def ended(steps: list[Step], *names: str, repeats: int = 2) -> tuple[int, Closed] | None:
    """After how many steps the rule ended the run, and how. A step is a turn, None one that passes; after a call its
    turn goes on with the next step."""
    play = Play(*names or ("a", "b")).start(Stalemate(repeats) | MaxTurns(99))
    for number, step in enumerate(steps, 1):
        if state_of(play.log).board.turn is None:
            play.give()
        if step is None:
            play.skip()
        elif isinstance(step, tuple):
            call(play, *step)
            continue
        else:
            utter(play, step)
        if fired_rules(play):
            return number, play.close()
    return None


def call(play: Play, recipe: CallRecipe, result: CallResult) -> Entry:
    turn = play.turn.seq
    sha = digest(recipe.model_dump_json().encode())
    started = CallStarted(turn=turn, agent=play.agent, ordinal=1, attempt=1, key="k", recipe=recipe, digest=sha)
    return play.offer(CallFinished(call=play.offer(started).seq, result=result))


def tool(value: int = 1, *, name: str = "look", found: str = "nothing", ok: bool = True) -> Step:
    return ToolRecipe(name=name, arguments={"n": value}), ToolResult(ok=ok, value=found)


def code(source: str = "f()", out: str = "no\n", seconds: float = 0.0) -> Step:
    run = CodeRun(language="python", status="error", exit_code=1, stderr=out, seconds=seconds)
    return CodeRecipe(language="python", source=(f"={source}",), sandbox="none"), run


# what is a stalemate


def test_a_speaker_that_repeats_itself() -> None:
    found = ended([LONG, NEW[0], LONG, NEW[1], NEAR])
    assert found is not None
    steps, closed = found
    assert (steps, closed.outcome, closed.rule) == (5, "stopped", "Stalemate(repeats=2)")
    assert closed.values == {"pattern": "repetition", "who": ["a"], "events": [5, 9, 13]}
    assert closed.event == 13


def test_a_speaker_that_goes_round_in_a_circle_of_its_own() -> None:
    found = ended([NEW[0], NEW[1], NEW[2], NEW[0], NEW[1]], "a")
    assert found is not None
    assert (found[0], found[1].values["pattern"]) == (5, "repetition")


def test_two_that_say_the_same_to_each_other() -> None:
    found = ended(["ping", "pong", "ping", "Pong!"])
    assert found is not None
    assert (found[0], found[1].values) == (4, {"pattern": "ping-pong", "who": ["a", "b"], "events": [5, 7, 9, 11]})
    assert ended(["ping", "pong", "ping", "pong", "ping"], repeats=3) is None
    longer = ended(["ping", "pong"] * 3, repeats=3)
    assert longer is not None
    assert (longer[0], longer[1].values["pattern"]) == (6, "ping-pong")


def test_three_that_go_round_in_a_circle() -> None:
    found = ended([*("yes", "no", "perhaps") * 3], "a", "b", "c")
    assert found is not None
    assert (found[0], found[1].values["who"]) == (9, ["c"])  # from c's second word on, nothing is new


def test_typed_messages_and_code_are_compared_as_well() -> None:
    for body in (Data(type="Report", value={"score": 1}), Code(source="print(1)\nprint(2)")):
        found = ended([body] * 3, "a")
        assert found is not None
        assert found[0] == 3
    assert ended([Data(type="A", value=1), Data(type="B", value=1), Code(source="1")] * 1, "a", repeats=1) is None


@pytest.mark.parametrize(
    "step",
    [tool(), tool(ok=False), code(), (AskRecipe(question="?", answer_schema={}, to="user"), Answer(value=1, by="u"))],
)
def test_the_same_call_with_the_same_result(step: Step) -> None:
    found = ended([step, NEW[0], None, step, NEW[1], None, step, NEW[2]])
    assert found is not None
    steps, closed = found
    assert (steps, closed.values["pattern"], closed.values["who"]) == (8, "same call", ["a"])
    within = ended([step, step, step, NEW[0]])
    assert within is not None
    assert within[1].values["events"] == [6, 8, 10]


def test_how_long_code_took_makes_no_difference() -> None:
    assert ended([code(seconds=1), NEW[0], None, code(seconds=2), NEW[1], None, code(seconds=3), NEW[2]]) is not None


def test_silence_of_the_whole_team_or_of_one_agent_twice() -> None:
    found = ended(["", None])
    assert found is not None
    assert (found[0], found[1].values) == (2, {"pattern": "silence", "who": ["a", "b"], "events": [5, 7]})
    assert ended([NEW[0], None, None, ""], "a", "b", "c") is not None
    alone = ended([" \n", ""], "a")
    assert alone is not None
    assert alone[1].values["who"] == ["a"]
    assert ended(["", "x", "", "y", ""]) is None
    twice = ended(["", Direction(next="a"), ""], "a", "b", "c")
    assert twice is None
    again = ended(["", Direction(next="a"), Handoff(to="a"), ""], "a", "b", "c")
    assert again is not None
    assert (again[0], again[1].values["who"]) == (4, ["a"])


# what only looks so


@pytest.mark.parametrize(
    "steps",
    [
        [step for pair in zip(NEW, reversed(NEW), strict=True) for step in pair][:4],  # two that alternate
        ["Thanks!", NEW[0], "Thanks!", NEW[1], "Thanks!", NEW[2], "Thanks!"],
        ["Yes, please go on", NEW[0], "yes please go on", NEW[1], "Yes, please go on", NEW[2]],
        [LONG, NEW[0], LONG, NEW[1], NEW[2], NEW[3], LONG, NEW[4]],  # not in a row
        ["ping", "pong", "ping", NEW[0], "ping", "pong"],
        [Handoff(to="b"), Handoff(to="a")] * 4,
        [Direction(next="b", instruction=LONG)] * 6,
        [OK, NEW[0], OK, NEW[1], OK, NEW[2]],  # results are no repetition by themselves
        [tool(), NEW[0], None, tool(2), NEW[1], None, tool(), NEW[2], None, tool(2), NEW[3]],  # in turn with another
        [tool(found="1"), NEW[0], None, tool(found="2"), NEW[1], None, tool(found="3"), NEW[2]],
        [code(out="1"), LONG, None, code(out="2"), LONG, None, code(out="3"), LONG, None],  # the results are new
        [NEW[0], None, None, NEW[1], None, None, NEW[2], None, None],  # two reviewers with nothing to say
    ],
)
def test_what_goes_on(steps: list[Step]) -> None:
    three = steps.count(None) > 4
    assert ended(steps, *(("a", "b", "c") if three else ("a", "b"))) is None


def test_new_results_said_outright_are_news_too() -> None:
    def result(out: str) -> CodeResult:
        return CodeResult(runs=(CodeRun(language="python", status="error", stderr=out),))

    changing: list[Step] = [LONG, result("1"), LONG, result("2"), LONG, result("3"), LONG]
    assert ended(changing) is None
    same = ended([LONG, result("1"), LONG, result("1"), LONG, result("1"), LONG])
    assert same is not None
    assert same[0] == 7  # the first result was news


def test_a_result_from_a_call_is_taken_in_once() -> None:
    play = Play().start(Stalemate() | MaxTurns(99))
    for out in ("1", "1", "1"):
        play.give()
        play.say(LONG + out)
        play.give()
        step = code(out=out)
        assert isinstance(step, tuple)
        play.say(calls=(call(play, *step).seq,))
    assert play.close().values["pattern"] == "same call"


def test_news_part_two_that_say_the_same() -> None:
    assert ended([tool(found="1"), "ping", "pong", tool(found="2"), "ping", "pong", tool(found="3"), "ping"]) is None


def test_model_calls_are_no_results() -> None:
    play = Play("a").start(Stalemate() | MaxTurns(99))
    for _ in range(3):
        play.give()
        reply(play, "an answer")
        play.say(LONG)
    assert play.close().values["pattern"] == "repetition"


def test_what_a_person_says_begins_anew() -> None:
    play = Play("a").start(Stalemate() | MaxTurns(99))
    for number in range(6):
        play.give()
        play.say(LONG)
        if number % 2:
            play.offer(Said(sender="user", body=Text.of("try something else")))
    assert fired_rules(play) == []


def test_pictures_are_not_alike_for_want_of_text() -> None:
    def picture(content: str) -> Text:
        return Text(parts=(TextPart(content=" "), BlobPart(mime_type="image/png", content=content)))

    assert ended([picture("AA"), picture("BB"), picture("CC")], "a") is None
    assert ended([picture("AA"), picture("AA"), picture("AA")], "a") is not None


def test_what_refers_to_something_else_is_passed_over() -> None:
    play = Play().start(Stalemate() | MaxTurns(9))
    rule = Stalemate()
    board = state_of(play.log).board
    for event in (TurnPassed(turn=2), CallFinished(call=2, result=ToolResult(ok=True)), play.log[1].event):
        entry = play.log.next(event, at=0, active=0, cause=0)
        assert rule.seen(entry, board, play.log, rule.memory()) is None


# how alike


@pytest.mark.parametrize(
    ("one", "two", "alike"),
    [
        ("a b c d e f g h i j", "j i h g f e d c b A", True),
        ("a b c d e f g h i j", "a b c d e f g h i x", True),  # nine of ten
        ("a b c d e f g h i", "a b c d e f g h x", False),
        ("a a a a a a a a a a", "a", False),
        ("Thanks!", "thanks", True),
        ("Ä b-c d; é f g h i 中", "中 i h g f É D! c b ä", True),
        ("ä b c d e f g h i", "a b c d e f g h x", False),
        ("...", "!!!", False),
        ("...", "...", True),
        ("", "x", False),
        ("x" * MOST_CHARACTERS + " a", "x" * MOST_CHARACTERS + " a", True),
        ("x " * MOST_CHARACTERS + " a", "x " * MOST_CHARACTERS + " b", False),
    ],
)
def test_nine_words_of_ten(one: str, two: str, alike: bool) -> None:
    assert Sample(one).like(Sample(two)) is alike
    assert Sample(two).like(Sample(one)) is alike


words = st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=12)


def dice(one: list[str], two: list[str]) -> float:
    return 2 * sum((Counter(one) & Counter(two)).values()) / (len(one) + len(two))


@given(words, words)
def test_likeness_is_that_of_sorensen_and_dice(one: list[str], two: list[str]) -> None:
    assert Sample(" ".join(one)).like(Sample(" ".join(two))) is (dice(one, two) >= 0.9 - 1e-9)


@given(st.lists(words, max_size=30), st.integers(1, 3), st.integers(1, 3))
def test_texts_that_differ_are_never_a_stalemate(texts: list[list[str]], size: int, repeats: int) -> None:
    kept: list[list[str]] = []
    for text in texts:
        if all(dice(text, other) < 0.9 - 1e-9 for other in kept):
            kept.append(text)
    assert ended([" ".join(text) for text in kept], *"abc"[:size], repeats=repeats) is None


@given(st.text(min_size=1).filter(str.strip), st.integers(1, 4))
def test_exact_repeats_of_one_speaker_always_are(text: str, repeats: int) -> None:
    found = ended([text] * (repeats + 1), "a", repeats=repeats)
    assert found is not None
    assert (found[0], found[1].values["pattern"]) == (repeats + 1, "repetition")


@given(st.lists(words.map(" ".join), min_size=1, max_size=3), st.integers(1, 3))
def test_a_team_that_only_repeats_itself_always_comes_to_an_end(texts: list[str], repeats: int) -> None:
    found = ended([*texts * (repeats + 2)], *"abc"[: len(texts)], repeats=repeats)
    assert found is not None
