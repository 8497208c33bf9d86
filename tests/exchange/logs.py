"""Conversations that the tests of exports share, and texts that mean harm to the formats they go into."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from agentchat.policy.rules import MaxTurns
from agentchat.transcript.calls import Usage
from agentchat.transcript.transcript import Transcript
from tests.policy.cards import PRICE, card, handy, model, team
from tests.policy.play import Play, text, wants

FIXTURE = Path(__file__).parents[1] / "fixtures" / "format-1.jsonl"
"""A log that holds every kind of event, body, part, result and recipe."""

HOSTILE = (
    *("<!-- ", "-->", "<script>alert(1)</script>", "<b>", "</details>", "&lt;", "```", "````", "~~~", "`", "``"),
    *("# coder", "### x (turn 4)", "---", "===", "***", "> ", "- ", "1. ", "| a | b |", "|---|---|", "\\", "{=html}"),
    *("[a]: http://x", "[a]", "![p](http://x/y.png)", "[l](javascript:x)", "\n", "\n\n", "\r", "\r\n", "\t", "    "),
    *("\x1b[2J", "\x00", "\u2028", "\u202e", "end", "end\n", "%%", "%%{init: {}}%%", "style x:y#z;", "direction LR"),
    *("participant x as y", "->>", ";", ":", "#", "#35;", '"', "'", "{", "}", "(", ")", "note over n0: x", "ﬂ°°60¶ß"),
    *("é", "漢字", "😀", "word", " "),
)
texts = st.lists(st.sampled_from(HOSTILE), max_size=8).map("".join)
"""Texts put together from what has a meaning somewhere."""


def conversation(**more: Any) -> Play:
    """Two agents and a person: tools, a refusal, a failure that passes, a program, and the end."""
    asked = model(price=PRICE, max_output=400)
    helper = handy("helper", asked=asked, **more)
    play = Play(agreed=team(helper, card("other", description="Looks again.")))
    play.start(MaxTurns(3), task="Look, please.")
    play.rule()
    usage = Usage(input_tokens=10, output_tokens=4, cached_input_tokens=2)
    play.call_model(reply=wants(("t1", '{"at": 1}'), ("t2", "no object"), say="Let me see.", usage=usage))
    play.refuse("not an object", tool="t2")
    play.back(play.tool("t1", {"at": 1}), {"found": "it"})
    ended = play.call_model(reply=text("It is there.", usage))
    play.say(calls=(ended.seq,))
    play.rule()
    play.say(calls=(play.call_code(source="print(6*7)").seq,))
    play.rule()
    play.fail("ValueError")
    play.rule()
    return play


def said(*messages: str) -> Transcript:
    """A conversation in which nothing but these texts is said, by the person first."""
    play = Play("a", "b").start(MaxTurns(max(1, len(messages) - 1)), task=messages[0])
    for message in messages[1:]:
        play.rule()
        play.say(message)
    play.rule()
    return play.log
