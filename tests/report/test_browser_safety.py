"""Text of a run is text and nothing else, in a real Chromium: no dialog, no request, no element of its own."""

from __future__ import annotations

import pytest

from agentchat.transcript.transcript import Transcript
from tests.report.chromium import Browser, Page
from tests.report.conftest import Writing
from tests.report.hostile import HOSTILE, hostile
from tests.report.samples import TASK, river

DATED = {"script": 2, "style": 1, "link": 1, "meta": 5, "iframe": 0, "object": 0, "embed": 0, "form": 1, "base": 0}
"""Elements that can do something, and how many of them the templates bring along."""


def look_at_everything(page: Page, events: int) -> str:
    """Open every view, event and fold; what the page shows."""
    seen = []
    for view in ("1", "2", "3"):
        page.press(view)
        for _ in range(4):
            seen.append(page.run("document.body.innerText"))
            page.run("scrollBy(0, 700)")
            page.settle()
    for seq in range(1, events + 1):
        page.run(f"location.hash = '#{seq}'")
        page.until(f"document.querySelector('.detail-seq')?.textContent === '#{seq}'")
        page.run("for (const one of document.querySelectorAll('details')) one.open = true")
        page.settle()
        page.run("for (const one of document.querySelectorAll('.more')) if (/Show/.test(one.textContent)) one.click()")
        page.settle()
        seen.append(page.run("document.getElementById('detail').innerText"))
    page.press("/")
    page.write("alert")
    page.press("Enter")
    seen.append(page.run("document.body.innerText"))
    return "\n".join(seen)


def seq_of(transcript: Transcript, kind: str, place: int) -> int:
    return [entry.seq for entry in transcript if entry.event.kind == kind][place]


def elements(page: Page) -> dict[str, int]:
    return {tag: page.count(tag) for tag in DATED}


@pytest.mark.parametrize("dark", [False, True])
def test_a_hostile_run_does_nothing(browser: Browser, written: Writing, dark: bool) -> None:
    transcript = hostile()
    with browser.open(written(transcript, label=HOSTILE[0]), height=1200, dark=dark) as page:
        assert elements(page) | {"form": 1} == DATED
        text = look_at_everything(page, len(transcript))
        assert page.complaints() == []
        assert page.requests() == []
        assert elements(page) | {"form": 1} == DATED
        assert page.run("document.title") == HOSTILE[0]
        assert page.run("[...document.querySelectorAll('*')].filter(one => [...one.attributes].some(attribute => "
                        "attribute.name.startsWith('on'))).length") == 0  # fmt: skip
        page.run(f"location.hash = '#{seq_of(transcript, 'said', 1)}'")
        sources = page.until("[...document.images].map(one => one.src)")
        assert sources
        assert all(source.startswith("data:image/svg+xml;base64,") for source in sources)
        links = page.run("[...document.links].map(one => one.getAttribute('href'))")
        assert links == ["#list"]
    for one in HOSTILE[:7]:
        assert one in text


def test_hidden_characters_are_shown_by_name(browser: Browser, written: Writing) -> None:
    transcript = hostile()
    with browser.open(written(transcript), height=1200) as page:
        text = page.text("#list")
        for name in ("U+202E", "U+202C", "U+2066", "U+2069", "U+200B", "U+FEFF", "U+2028", "U+001B", "U+0007"):
            assert name in text
        controls = page.run(
            r"/[\u0000-\u0008\u000b-\u001f\u200b\u202a-\u202e\u2066-\u2069\ufeff]/u.test(document.body.innerText)"
        )
        assert controls is False


def test_names_of_the_language_itself_are_only_names(browser: Browser, written: Writing) -> None:
    with browser.open(written(hostile()), height=1200) as page:
        assert page.count(".agent") == 2
        assert "__proto__" in page.text(".roster")
        page.press("/")
        page.write("by:__proto__")
        page.press("Enter")
        assert page.text("#found") != ""
        assert page.complaints() == []


def test_an_ordinary_run_asks_for_nothing_either(browser: Browser, written: Writing) -> None:
    with browser.open(written(river())) as page:
        assert TASK in look_at_everything(page, len(river()))
        assert page.requests() == []
        assert page.complaints() == []
        assert elements(page) | {"form": 1} == DATED
