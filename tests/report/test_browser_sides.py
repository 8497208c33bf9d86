"""Two runs side by side, in a real Chromium."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.report.chromium import Browser, Page
from tests.report.conftest import Writing
from tests.report.samples import TASK, river

FIRST, SECOND = river(), river(level="2.10 m", sure=False)


@pytest.fixture
def page(browser: Browser, written: Writing) -> Iterator[Page]:
    with browser.open(written(FIRST, SECOND), height=5000) as found:
        found.until("document.querySelector('.pair')")
        yield found
        assert found.complaints() == []
        assert found.requests() == []


def test_both_are_summed_up_and_drawn_on_one_axis(page: Page) -> None:
    assert page.run("[...document.querySelectorAll('h1')].map(one => one.innerText)") == [TASK, TASK]
    assert page.count(".timeline") == 2
    places = page.run(
        "[...document.querySelectorAll('.timeline')]"
        ".map(one => one.querySelector('.call-bar').getBoundingClientRect().x)"
    )
    assert places[0] == places[1]
    ticks = page.run("[...document.querySelectorAll('.timeline')].map(one => one.querySelectorAll('.tick').length)")
    assert ticks[0] == ticks[1]


def test_steps_stand_beside_each_other_and_the_first_difference_is_marked(page: Page) -> None:
    assert page.text("[role=tab][aria-selected=true]") == "Side by side"
    rows = page.run(
        "[...document.querySelectorAll('.list .pair')].map(one => [one.classList.contains('differs'),"
        "[...one.querySelectorAll('.side')].map(side => side.querySelector('.name')?.innerText)])"
    )
    assert len(rows) == 8
    assert all(names[0] == names[1] for _, names in rows)
    assert [place for place, (differs, _) in enumerate(rows) if differs] == [2, 6, 7]
    assert "first difference: text" in page.text(".pair.first")
    beside = page.run("[...document.querySelectorAll('.pair.first .side')].map(one => one.innerText)")
    assert "1.84 m" in beside[0]
    assert "2.10 m" in beside[1]
    boxes = page.run("[...document.querySelectorAll('.pair.first .side')].map(one => one.getBoundingClientRect().top)")
    assert boxes[0] == boxes[1]


def test_the_words_in_which_they_differ_are_painted(page: Page) -> None:
    painted = page.run("[...CSS.highlights.get('differing')].map(one => one.toString())")
    assert painted[:2] == ["1.84", "2.10"]
    assert set(painted) == {"1.84", "2.10", "8", "5"}
    page.press("3")
    assert page.run("CSS.highlights.get('differing').size") == 0


def test_the_keyboard_goes_from_difference_to_difference(page: Page) -> None:
    places = []
    for _ in range(3):
        page.press("d")
        places.append(page.text(".pair.chosen .pair-place"))
    assert places == ["3", "7", "8"]
    page.press("k")
    assert page.text(".pair.chosen .pair-place") == "7"


def test_a_click_opens_the_event_of_its_run(page: Page) -> None:
    page.click(".pair.first .side", 1)
    assert page.run("location.hash").startswith("#b")
    assert "2.10 m" in page.text("#detail")
    assert page.run("document.querySelectorAll('#switch [aria-pressed=true]')[0].textContent") == "B"
    page.click(".pair.first .side", 0)
    assert "1.84 m" in page.text("#detail")


def test_each_run_can_be_looked_at_alone(page: Page) -> None:
    page.press("3")
    assert page.count(".line[data-run='0']") > 20
    page.press("x")
    assert page.count(".line[data-run='1']") > 20
    asked = next(entry.seq for entry in SECOND if entry.event.kind == "paused")
    page.run(f"location.hash = '#b{asked}'")
    page.until(f"document.querySelector('.detail-seq')?.textContent === '#{asked}'")
    assert "The two gauges disagree" in page.text("#detail")
    page.press("4")
    assert page.text("[role=tab][aria-selected=true]") == "Side by side"


def test_a_search_looks_in_both(page: Page) -> None:
    page.press("/")
    page.write("2.10")
    page.press("Enter")
    assert 0 < page.count(".list .pair") < 8
