"""The page in a real Chromium: what is shown, and where a click goes."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator

import anyio
import pytest

from agentchat import Assistant, Conversation, Direction, Edit, MaxTurns, ScriptedModel, Supervisor
from agentchat.stores.memory import MemoryStore
from agentchat.transcript.events import CallStarted
from agentchat.transcript.messages import SavedFile
from agentchat.transcript.transcript import Transcript
from tests.fixtures.make_format_1 import FILE
from tests.policy.play import Play
from tests.report.chromium import Browser, Page
from tests.report.conftest import Writing
from tests.report.samples import PICTURE, TASK, long, river, saving, stopped
from tests.report.test_run import branched

RIVER = river()


@pytest.fixture
def page(browser: Browser, written: Writing) -> Iterator[Page]:
    with browser.open(written(RIVER)) as found:
        yield found
        assert found.complaints() == []
        assert found.requests() == []


def seq_of(kind: str, place: int = 0) -> int:
    return [entry.seq for entry in RIVER if entry.event.kind == kind][place]


def chosen(page: Page) -> int:
    return int(page.text(".detail-seq").removeprefix("#"))


def test_the_head_says_what_was_asked_how_it_ended_and_what_it_took(page: Page) -> None:
    assert page.text("h1") == TASK
    assert page.text(".badge") == "done"
    assert page.text(".outcome .why") == "editor finished: all is answered"
    facts = page.text(".facts")
    for value, name in (("46", "events"), ("7", "turns"), ("9", "model calls"), ("3", "tool calls")):
        assert re.search(rf"^{value}\n+{name}$", facts, re.MULTILINE), facts
    assert page.count(".agent") == 4
    assert "3,583 of 8,000 tokens" in page.text(".roster")
    page.click(".outcome .seq")
    assert chosen(page) == 45


def test_unknown_is_said_to_be_unknown(browser: Browser, written: Writing) -> None:
    with browser.open(written(stopped())) as page:
        assert page.text(".fact.unknown") == "unknown\ntokens in"
        assert "tokens not reported" in page.run("document.querySelector('.charts').textContent")
        assert "cost unknown" in page.run("document.querySelector('.charts').textContent")
        assert page.text(".badge") == "limit"
        assert page.complaints() == []


def test_the_conversation_is_there_to_be_read(page: Page) -> None:
    assert page.run("document.querySelectorAll('[role=tab][aria-selected=true]').length") == 1
    page.until("document.querySelector('.list-talk .message')")
    text = ""
    for _ in range(12):
        text += page.run("document.getElementById('list').innerText")
        page.run("scrollBy(0, 600)")
        page.settle()
    for part in (TASK, "Find the gauge readings", "asked gpt-smart", "429: too many requests", "attempt 2"):
        assert part in text
    for part in ('look(gauge="upper bridge"', "python finished", "n: 'fairly sure' is not an integer", "done"):
        assert part in text


def test_an_answer_that_is_not_there_yet_is_not_drawn(browser: Browser, written: Writing) -> None:
    ann = Assistant("ann", model=ScriptedModel(["Three."], name="ann"))
    script = ScriptedModel([Direction(next="ann", instruction="Count."), Direction(next="finish", answer={"n": 3})])
    boss = Supervisor("boss", team=[ann], model=script)
    result = Conversation(boss, until=MaxTurns(5)).run_sync("How many?")
    with browser.open(written(result.transcript)) as page:
        assert page.run("[...document.querySelectorAll('pre.json')].map(one => one.textContent)") == ['{\n  "n": 3\n}']


def test_pictures_that_a_program_printed_are_drawn(page: Page) -> None:
    page.run(f"location.hash = '#{seq_of('said', 4)}'")
    size = page.until(
        "(() => { const one = document.querySelector('#detail img');"
        "return one && one.complete && one.naturalWidth ? [one.naturalWidth, one.naturalHeight] : null; })()"
    )
    assert size == [320, 140]
    assert "base64" not in page.text("#detail .detail-body")


def test_pictures_that_a_program_saved_are_drawn_with_their_names(browser: Browser, written: Writing) -> None:
    file = SavedFile(name="<b>plot.png", mime_type="image/png", content=PICTURE)
    transcript = saving(file)
    with browser.open(written(transcript)) as found:
        found.run(f"location.hash = '#{len(transcript)}'")
        size = found.until(
            "(() => { const one = document.querySelector('#detail img');"
            "return one && one.complete && one.naturalWidth ? [one.naturalWidth, one.alt] : null; })()"
        )
        assert size == [320, "<b>plot.png"]
        assert found.text("#detail figcaption") == "<b>plot.png"
        assert "(no output)" not in found.text("#detail .detail-body")
        assert (found.complaints(), found.requests()) == ([], [])


def test_a_click_goes_to_the_cause_and_on(page: Page) -> None:
    refused = seq_of("refused")
    page.press("3")
    page.run(f"location.hash = '#{refused}'")
    page.until(f"document.querySelector('.detail-seq')?.textContent === '#{refused}'")
    cause = RIVER[refused].cause
    assert page.text(".causes li.nearest .line-seq") == f"#{cause}"
    page.click(".causes li.nearest button")
    assert chosen(page) == cause
    assert page.count(f'.line.chosen[data-seq="{cause}"]') == 1
    assert page.run("location.hash") == f"#{cause}"
    page.click(f'.line[data-seq="{cause}"] .to-cause')
    assert chosen(page) == RIVER[cause].cause
    page.press("b")
    assert chosen(page) == cause


def test_a_refusal_shows_what_was_answered_and_why_not(page: Page) -> None:
    page.run(f"location.hash = '#{seq_of('refused')}'")
    assert page.text("#detail .problems") == "n: 'fairly sure' is not an integer"
    assert '{"n": "fairly sure"}' in page.text("#detail .plain")


KINDS = Transcript.load(FILE)
"""Every kind of event, body, part, result and recipe, with every field."""


@pytest.mark.parametrize("transcript", [RIVER, KINDS], ids=["river", "every kind"])
def test_every_event_can_be_opened_and_read(browser: Browser, written: Writing, transcript: Transcript) -> None:
    with browser.open(written(transcript)) as page:
        texts = {}
        for entry in transcript:
            page.run(f"location.hash = '#{entry.seq}'")
            page.until(f"document.querySelector('.detail-seq')?.textContent === '#{entry.seq}'")
            texts[entry.seq] = page.text("#detail")
        for view in ("1", "2", "3"):
            page.press(view)
            texts[0] = texts.get(0, "") + page.text("#list")
        for seq, text in texts.items():
            for wrong in ("[object", "undefined", "NaN"):
                assert wrong not in text, (seq, text)
        assert page.complaints() == []


@pytest.mark.parametrize("transcript", [RIVER, stopped(), branched()], ids=["river", "stopped", "branched"])
def test_the_prompt_on_the_page_is_byte_for_byte_what_was_sent(
    browser: Browser, written: Writing, transcript: Transcript
) -> None:
    asked = [
        (entry.seq, entry.event.digest)
        for entry in transcript
        if isinstance(entry.event, CallStarted) and entry.event.recipe.call == "model"
    ]
    with browser.open(written(transcript)) as page:
        browser.send("Browser.grantPermissions", permissions=["clipboardReadWrite", "clipboardSanitizedWrite"])
        for place, (seq, digest) in enumerate(asked):
            page.run(f"location.hash = '#{seq}'")
            page.until(f"document.querySelector('.detail-seq')?.textContent === '#{seq}'")
            if place == 0:
                page.press("p")  # it stays unfolded from then on
            page.until("document.querySelector('.request[open] .prompt-message')")
            assert page.text(".request .pill") == "✓ as sent"
            page.click(".request-body > p:last-child .more")
            copied = page.run("navigator.clipboard.readText()")
            assert hashlib.sha256(copied.encode()).hexdigest() == digest
        assert page.complaints() == []


def test_the_history_of_a_prompt_is_unrolled_on_demand(browser: Browser, written: Writing) -> None:
    transcript = long(400)
    asked = [one for one in transcript if isinstance(one.event, CallStarted) and one.event.recipe.call == "model"]
    with browser.open(written(transcript), mark=f"#{asked[-1].seq}") as page:
        page.click(".request summary")
        own = page.count(".prompt-message")
        assert own < 20
        page.click(".earlier .more")
        assert page.count(".prompt-message") > own + 50
        assert page.text(".prompt-message .prompt-role") == "system"
        assert page.count(".earlier .more") == 0
        assert page.complaints() == []


def test_the_timeline_shows_calls_side_by_side_and_a_click_opens_one(page: Page) -> None:
    assert page.count(".call-bar") == len([one for one in RIVER if one.event.kind == "call_started"])
    boxes = page.run(
        "[...document.querySelectorAll('.call-bar.mark-tool')].map(one => { const box = one.getBoundingClientRect();"
        "return [box.left, box.right, box.top]; })"
    )
    assert len({box[2] for box in boxes}) == 3  # one below the other
    assert max(box[0] for box in boxes) < min(box[1] for box in boxes)  # at the same time
    page.click(".call-bar.mark-code")
    assert RIVER[chosen(page)].event.kind == "call_started"
    assert "python" in page.text("#detail .call-head")
    assert page.count(".cursor.seen") == 1


def test_the_axis_can_be_looked_at_closer(page: Page) -> None:
    box = page.run("(({x, y, width}) => ({x, y, width}))(document.querySelector('.timeline').getBoundingClientRect())")
    before = page.run("[...document.querySelectorAll('.tick')].map(one => one.textContent)")
    page.drag((box["x"] + 300, box["y"] + 24), (box["x"] + 500, box["y"] + 24))
    after = page.run("[...document.querySelectorAll('.tick')].map(one => one.textContent)")
    assert after != before
    page.click(".charts-tools button:last-child")
    assert page.run("[...document.querySelectorAll('.tick')].map(one => one.textContent)") == before
    page.click(".charts-tools button:nth-child(2)")
    assert page.text(".tick").startswith("#")


def test_the_curves_stand_against_the_budget(page: Page) -> None:
    labels = page.run("[...document.querySelectorAll('.curve')].map(one => one.getAttribute('aria-label'))")
    assert [label.split(":")[0] for label in labels] == ["tokens", "cost", "model calls"]
    assert "of 24,000" in labels[0]
    assert "of $0.03" in labels[1]
    assert "of 30" in labels[2]
    assert page.count(".curve .cap") == 3


def test_the_sequence_shows_who_said_what_to_whom(page: Page) -> None:
    page.press("2")
    page.until("document.querySelector('.step')")
    assert page.text("#heads").split() == ["U", "user", "E", "editor", "R", "researcher", "R", "runner", "C", "critic"]
    rows = page.run("[...document.querySelectorAll('.step-names')].map(one => one.innerText)")
    assert "user → editor" in rows
    assert "editor → researcher" in rows
    assert "researcher → editor" in rows
    x = page.run(
        "(() => { const row = [...document.querySelectorAll('.step')].find(one =>"
        "one.querySelector('.step-names').innerText === 'editor → critic');"
        "const arrow = row.querySelector('line.arrow');"
        "return [arrow.x1.baseVal.value, arrow.x2.baseVal.value]; })()"
    )
    assert x[0] < x[1]


def test_edits_are_told_where_they_were_made_and_where_they_matter(browser: Browser, written: Writing) -> None:
    with browser.open(written(branched())) as page:
        assert page.text(".summary .aside").startswith("A branch:")
        text = page.text("#list")
        assert "edited at #" in text
        assert "inserted" in text
        page.run("location.hash = '#3'")
        page.until("document.querySelector('#detail .note.odd')")
        assert "Another task." in page.text("#detail .note.odd")
        assert page.complaints() == []


def test_a_message_after_an_edit_holds_what_the_call_came_back_with_then(browser: Browser, written: Writing) -> None:
    chat = Conversation(
        [Assistant("ann", model=ScriptedModel(["first words"]))], until=MaxTurns(1), store=MemoryStore()
    )
    chat.run_sync("go", id="c")
    branch = anyio.run(lambda: chat.fork("c", edits=[Edit.result(6, "other words")], name="b"))
    assert branch.output == "other words"
    with browser.open(written(branch.transcript)) as page:
        said = page.run("[...document.querySelectorAll('#list .message-main')].map(one => one.innerText).at(-1)")
        assert "other words" in said
        assert "first words" not in said


def test_a_torn_tail_is_told(browser: Browser, written: Writing) -> None:
    with browser.open(written(Transcript.loads(RIVER.dumps()[:-9]))) as page:
        assert "ended in an unfinished line" in page.text(".warning")
        assert page.text(".badge") == "not ended"


def test_times_below_a_millisecond_are_told_apart(browser: Browser, written: Writing) -> None:
    play = Play(pace=0.0007).start(MaxTurns(2))
    play.give()
    with browser.open(written(play.log)) as page:
        ticks = page.run("[...document.querySelectorAll('.tick')].map(one => one.textContent)")
        assert len(ticks) > 2
        assert ticks[0] == "0 s"
        assert len(set(ticks)) == len(ticks), ticks
