"""Ten thousand events in a real Chromium: only what is near the window is in the page, and every place is reached.

How long it takes is kept with the results and not asserted, for a busy machine says nothing about the page; what is
asserted is why it is fast.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agentchat.report.page import Source, write_page
from agentchat.transcript.transcript import Transcript
from tests.report.chromium import Browser, Page
from tests.report.samples import long

EVENTS = 10_000
MOST_ROWS = 300
MOST_ELEMENTS = 6_000
TOPS = "[...document.querySelectorAll('.list .row')].map(one => [one.dataset.seq, one.getBoundingClientRect().top])"


@pytest.fixture(scope="module")
def transcript() -> Transcript:
    return long(EVENTS)


@pytest.fixture(scope="module")
def file(transcript: Transcript, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("long") / "page.html"
    file.write_text(write_page(Source(transcript, "long.jsonl")), encoding="utf-8")
    return file


@pytest.fixture
def page(browser: Browser, file: Path) -> Iterator[Page]:
    with browser.open(file) as found:
        found.settle()
        yield found
        assert found.complaints() == []
        assert found.requests() == []


def rows(page: Page) -> list[int]:
    return list(page.run("[...document.querySelectorAll('.list [data-seq]')].map(one => Number(one.dataset.seq))"))


def check_small(page: Page) -> None:
    assert 0 < page.count(".row") <= MOST_ROWS
    assert page.run("document.getElementsByTagName('*').length") <= MOST_ELEMENTS


def test_it_opens_with_a_window_of_rows(
    page: Page, transcript: Transcript, record_property: Callable[[str, object], None]
) -> None:
    check_small(page)
    assert page.text(".fact dd") == f"{len(transcript):,}"
    taken = page.run("performance.getEntriesByType('navigation')[0].loadEventEnd")
    record_property("milliseconds to open", taken)


@pytest.mark.parametrize("view", ["1", "2", "3"])
def test_every_place_is_reached_and_the_page_stays_small(page: Page, transcript: Transcript, view: str) -> None:
    page.press(view, "g")
    assert rows(page)[0] <= 3
    page.press("G")
    check_small(page)
    assert rows(page)[-1] >= len(transcript) - 12
    before: set[int] = set()
    for share in (0.1, 0.5, 0.75):
        page.run(f"scrollTo(0, document.documentElement.scrollHeight * {share})")
        page.settle()
        check_small(page)
        seen = rows(page)
        assert seen == sorted(seen)
        assert not before & set(seen)
        before |= set(seen)
        assert _covers_the_window(page)


def _covers_the_window(page: Page) -> bool:
    """Whether the rows lie without gap or overlap from the head of the list to the foot of the window."""
    found = page.run(
        "(() => { const boxes = [...document.querySelectorAll('.list .row')].map(one => one.getBoundingClientRect());"
        "const gaps = boxes.slice(1).map((box, place) => Math.abs(box.top - boxes[place].bottom));"
        "const head = document.getElementById('list').getBoundingClientRect().top;"
        "return [boxes[0].top <= Math.max(60, head), boxes.at(-1).bottom >= innerHeight, Math.max(...gaps) < 1.5]; })()"
    )
    return all(found)


def test_scrolling_step_by_step_shows_each_row_once_and_in_order(page: Page) -> None:
    page.press("1", "g")
    seen: list[int] = []
    for _ in range(30):
        seen += [seq for seq in rows(page) if not seen or seq > seen[-1]]
        page.run("scrollBy(0, 500)")
        page.settle()
        assert _covers_the_window(page)
    assert seen == sorted(set(seen))
    assert len(seen) > 60


def test_a_jump_lands_on_its_row(page: Page, transcript: Transcript) -> None:
    middle = next(entry.seq for entry in transcript.since(6000) if entry.event.kind == "refused")
    page.run(f"location.hash = '#{middle}'")
    page.until(f"document.querySelector('.list .chosen[data-seq=\"{middle}\"]')")
    box = page.run(
        f"(({{top, bottom}}) => [top, bottom])(document.querySelector('.list .chosen[data-seq=\"{middle}\"]')"
        ".getBoundingClientRect())"
    )
    assert 90 < box[0] < box[1] < 900
    page.press("c")
    assert page.count(f'.list .chosen[data-seq="{transcript[middle].cause}"]') <= 1
    assert page.text(".detail-seq") == f"#{transcript[middle].cause}"


def test_a_search_over_all_events(page: Page, transcript: Transcript) -> None:
    page.press("3", "/")
    page.write("kind:refused")
    page.press("Enter")
    count = sum(entry.event.kind == "refused" for entry in transcript)
    assert page.text("#found") == f"{count:,} events"
    check_small(page)


def test_a_prompt_of_thousands_of_messages_is_unrolled_piece_by_piece(page: Page, transcript: Transcript) -> None:
    last = [entry.seq for entry in transcript if entry.event.kind == "call_started"][-1]
    for seq in range(last, last - 60, -1):
        page.run(f"location.hash = '#{seq}'")
        page.until(f"document.querySelector('.detail-seq')?.textContent === '#{seq}'")
        if page.count(".request"):
            break
    page.press("p")
    page.until("document.querySelector('.prompt-message')")
    check_small(page)
    page.click(".earlier .more")
    assert 200 <= page.count(".prompt-message") < 260


def test_opening_a_long_message_keeps_its_place(page: Page) -> None:
    page.press("1")
    page.run("scrollTo(0, document.documentElement.scrollHeight * 0.4)")
    page.settle()
    before = dict(page.run(TOPS))
    page.run("document.querySelector('.list .row .more')?.click()")  # above the window
    page.settle()
    page.settle()
    after = dict(page.run(TOPS))
    middle = [seq for seq, top in before.items() if 200 < top < 800]
    assert middle
    assert all(abs(after[seq] - before[seq]) < 3 for seq in middle)
