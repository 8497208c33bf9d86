"""Two runs compared, as people read it: unknown is not 0, nothing long is in the way, no text does harm."""

from __future__ import annotations

import re

import pytest

from agentchat.debug.diff import diff
from agentchat.policy.rules import MaxTurns
from agentchat.terminal.diff_text import diff_lines
from agentchat.terminal.diff_turns import MOST
from agentchat.terminal.diff_words import Look, changed_text
from agentchat.transcript.calls import Usage
from agentchat.transcript.transcript import Transcript
from tests.policy.cards import card, model, team
from tests.policy.play import Play, text

PLAIN = Look()


def talk(*said: str, usage: Usage | None = None, name: str = "m") -> Transcript:
    play = Play(agreed=team(card("a", model=model(name)), card("b"))).start(MaxTurns(len(said)))
    for one in said:
        play.give()
        play.say(calls=(play.call_model(reply=text(one, usage)).seq,))
    play.rule()
    return play.log


def told(a: Transcript, b: Transcript, look: Look = PLAIN) -> str:
    return "\n".join(line.plain for line in diff_lines(diff(a, b), ("one.jsonl", "two.jsonl"), look))


def test_what_is_the_same_is_one_line() -> None:
    assert told(talk("x", "y"), talk("x", "y")) == "no difference: 2 turns, 12 and 12 events"


def test_the_sections_come_in_order() -> None:
    shown = told(talk("x y z", "on"), talk("x y w", "on", name="n"))
    heads = [line for line in shown.splitlines() if line and not line.startswith((" ", "A ", "B "))]
    assert heads == ["Agreed differently", "First difference: calls", "Turns", "Numbers"]
    assert shown.startswith("A  one.jsonl  12 events, limit: MaxTurns(turns=2) came true at event 11\nB  two.jsonl")


def test_the_first_difference_says_what_each_did() -> None:
    shown = told(talk("The list holds ten primes.", "on"), talk("The list holds twelve primes.", "on"))
    assert (
        "First difference: result\n  branches of one conversation: one record up to event 5\n"
        "  A  event 6: m gives back: The list holds ten primes.\n"
        "  B  event 6: m gives back: The list holds twelve primes.\n"
        "    ~ The list holds [-ten-]{+twelve+} primes.\n"
    ) in shown
    assert "  ~  a  event 4: result, text\n       (the text is compared above)\n" in shown
    assert "  ~  1 turn alike in what was said; the prompts or tokens differ (from event 8)\n" in shown


def test_what_is_not_known_is_never_zero() -> None:
    used = Usage(input_tokens=1000, output_tokens=20)
    shown = told(talk("x", usage=used), talk("x"))
    assert re.search(r"~  tokens in +1,000 +unknown", shown)
    assert re.search(r" {4,}US dollars +unknown +unknown", shown)
    assert "tokens 1,020 → unknown" in told(talk("x", usage=used), talk("x"), Look(everything=True))


def test_where_a_record_ends() -> None:
    log = talk("x", "y")
    shown = told(log, log.upto(6))
    assert "B is the beginning of A: its 6 events are those of A" in shown
    assert "  A  event 7: a says: x\n  B  nothing: its record ends at event 6\n" in shown
    assert "B  two.jsonl  6 events, not ended" in shown


def test_many_turns_are_counted_and_all_of_them_shown_when_asked() -> None:
    many = [f"number {n}" for n in range(3 * MOST)]
    one, other = talk(*many), talk(*(f"{said} or so" for said in many))
    short, whole = told(one, other), told(one, other, Look(everything=True))
    assert f"… {2 * MOST} more that differ (--all shows them)" in short
    assert short.count("{+ or so+}") < MOST + 2
    assert whole.count("{+ or so+}") == 3 * MOST
    assert "more that differ" not in whole


def test_long_texts_are_cut_where_nothing_changed() -> None:
    lines = [f"line {n}" for n in range(100)]
    shown = changed_text("\n".join(lines), "\n".join([*lines[:50], "new", *lines[50:]]), PLAIN)
    assert [line.plain for line in shown] == [
        "  … 48 lines the same",
        *("  line 48", "  line 49", "+ new", "  line 50", "  line 51"),
        "  … 48 lines the same",
    ]
    (line,) = changed_text("word " * 100 + "old", "word " * 100 + "new", PLAIN)
    assert len(line.plain) < 100
    assert line.plain.endswith("[-old-]{+new+}")


def test_colour_takes_the_place_of_marks() -> None:
    (line,) = changed_text("one old two", "one new two", Look(marks=False))
    assert line.plain == "~ one oldnew two"
    assert {str(span.style) for span in line.spans} == {"default", "red strike", "bold green"}


@pytest.mark.parametrize("bad", ["\x1b[2Jgone", "\x1b]52;c;aGk=\x07", "\u202egnp", "[red]not markup[/red]"])
def test_no_text_does_harm(bad: str) -> None:
    shown = told(talk(f"one {bad}", "x"), talk(f"two {bad}", "x"))
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", shown)
    assert "[red]not markup[/red]" in shown or "[red]" not in bad
