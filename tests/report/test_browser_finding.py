"""Searching, filtering and the keyboard, in a real Chromium."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.report.chromium import Browser, Page
from tests.report.conftest import Writing
from tests.report.samples import river

RIVER = river()
SEQS = "[...document.querySelectorAll('.list [data-seq]')].map(one => Number(one.dataset.seq))"


@pytest.fixture
def page(browser: Browser, written: Writing) -> Iterator[Page]:
    with browser.open(written(RIVER), height=1600) as found:
        found.press("3")
        found.until("document.querySelector('.line')")
        yield found
        assert found.complaints() == []
        assert found.requests() == []


def search(page: Page, text: str) -> list[int]:
    page.press("/")
    assert page.run("document.activeElement.id") == "search"
    page.run("document.activeElement.select()")
    page.write(text)
    page.press("Enter")
    return list(page.run(SEQS))


def kinds(*wanted: str) -> list[int]:
    return [entry.seq for entry in RIVER if entry.event.kind in wanted]


def test_every_event_is_in_the_list(page: Page) -> None:
    seen: set[int] = set()
    for _ in range(6):
        seen.update(page.run(SEQS))
        page.run("scrollBy(0, 500)")
        page.settle()
    assert seen == {entry.seq for entry in RIVER}


def test_a_search_finds_words_marks_them_and_chooses_the_first(page: Page) -> None:
    found = search(page, "mill gauge")
    assert found
    assert len(found) < 12
    for seq in found:
        body = RIVER.line(seq).decode().lower()
        assert "mill" in body or RIVER[seq].event.kind == "said"
    assert page.count(".list mark") > 0
    assert page.text("#found") == f"{len(found)} events"
    assert page.text(".detail-seq") == f"#{found[0]}"
    page.press("Escape")
    assert len(page.run(SEQS)) > len(found)
    assert page.run("document.getElementById('search').value") == ""
    assert page.count(".list mark") == 0


def test_a_search_takes_phrases_kinds_and_names(page: Page) -> None:
    assert search(page, '"out of order"')
    assert search(page, '"order out of"') == []
    assert page.text("#nothing") == "Nothing here matches."
    assert search(page, "kind:refused") == kinds("refused")
    assert search(page, "kind:call_failed by:researcher") == kinds("call_failed")
    assert search(page, "kind:call_failed by:runner") == []
    assert set(search(page, "by:user")) == {3}


def test_a_number_goes_to_its_event(page: Page) -> None:
    search(page, "#38")
    assert page.text(".detail-seq") == "#38"
    assert page.count('.line.chosen[data-seq="38"]') == 1


def test_groups_and_names_are_filters(page: Page) -> None:
    page.click('[data-chip="trouble"]')
    assert page.run(SEQS) == kinds("refused", "call_failed")
    assert page.run("document.activeElement.dataset.chip") == "trouble"
    page.click('[data-chip="message"]')
    assert page.run(SEQS) == kinds("refused", "call_failed", "said")
    page.click('[data-chip="critic"]')
    by_critic = [entry.seq for entry in RIVER if getattr(entry.event, "sender", None) == "critic"]
    assert page.run(SEQS) == kinds("refused") + by_critic
    page.click(".chip.clear")
    assert len(page.run(SEQS)) > 30  # all that are near the window


def test_a_filter_holds_in_every_view(page: Page) -> None:
    page.click('[data-chip="runner"]')
    for view in ("1", "2", "3"):
        page.press(view)
        rows = page.run("[...document.querySelectorAll('.list [data-seq]')].map(one => one.innerText)")
        assert rows
        assert all("runner" in row for row in rows)


def test_a_call_is_found_by_its_result_in_the_conversation(page: Page) -> None:
    page.press("1")
    found = search(page, "hourly")
    assert [RIVER[seq].event.kind for seq in found] == ["call_started"]
    assert "hourly" in page.text(f'.list [data-seq="{found[0]}"]')


def test_the_keyboard_alone_is_enough(page: Page) -> None:
    page.press("j", "j", "j")
    assert page.text(".detail-seq") == "#3"
    assert page.run("document.activeElement.dataset.seq") == "3"
    page.press("ArrowDown", "k", "ArrowUp")
    assert page.text(".detail-seq") == "#2"
    page.press("G")
    assert page.text(".detail-seq") == f"#{len(RIVER)}"
    page.press("g")
    assert page.text(".detail-seq") == "#1"
    page.press("n")
    assert page.text(".detail-seq") == f"#{kinds('call_failed')[0]}"
    page.press("n")
    assert page.text(".detail-seq") == f"#{kinds('refused')[0]}"
    page.press("N")
    assert page.text(".detail-seq") == f"#{kinds('call_failed')[0]}"
    page.press("c")
    assert page.text(".detail-seq") == f"#{RIVER[kinds('call_failed')[0]].cause}"
    page.press("p")
    assert page.count(".request[open]") == 1
    page.press("Enter")
    assert page.run("document.activeElement.id") == "detail"
    page.press("Escape")
    assert page.count(".detail-seq") == 0


def test_help_lists_the_keys_and_closes(page: Page) -> None:
    page.press("?")
    assert "next event" in page.text("#help")
    page.press("j")
    assert page.count(".detail-seq") == 0  # the page behind it hears nothing
    page.press("Escape")
    assert page.run("document.getElementById('help').open") is False


def test_tabs_are_moved_through_with_arrows(page: Page) -> None:
    page.run("document.querySelector('[role=tab][aria-selected=true]').focus()")
    page.press("ArrowRight")
    assert page.text("[role=tab][aria-selected=true]") == "Conversation"
    assert page.run("document.activeElement.dataset.view") == "talk"


def test_typing_in_the_search_moves_nothing(page: Page) -> None:
    page.press("/")
    page.press("j", "k", "t")
    assert page.run("document.getElementById('search').value") == "jkt"
    assert page.count(".detail-seq") == 0
    assert page.run("document.documentElement.dataset.theme ?? null") is None
