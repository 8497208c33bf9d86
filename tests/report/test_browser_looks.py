"""Dark and light, wide and narrow, for eyes and for screen readers, in a real Chromium."""

from __future__ import annotations

from typing import Any

import pytest

from tests.report.chromium import Browser, Page
from tests.report.conftest import Writing
from tests.report.hostile import hostile
from tests.report.samples import river, stopped

CONTRAST = """
(() => {
  const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
  const rgba = (text) => {
    canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = "#000"; canvas.fillStyle = text; canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = (top, under) => top.slice(0, 3).map((one, at) => one * top[3] + under[at] * (1 - top[3]));
  const behind = (node) => {
    const layers = [];
    for (let at = node; at; at = at.parentElement) layers.push(rgba(getComputedStyle(at).backgroundColor));
    return layers.reverse().reduce((under, top) => over(top, under));
  };
  const light = (one) => {
    const [r, g, b] = one.map((v) => ((v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const found = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text = walk.nextNode(); text; text = walk.nextNode()) {
    const node = text.parentElement;
    if (!text.data.trim() || !node.checkVisibility() || node.closest("svg, script, [disabled], .skip")) continue;
    const back = behind(node);
    const [a, b] = [light(over(rgba(getComputedStyle(node).color), back)), light(back)].sort((x, y) => y - x);
    found.push([(a + 0.05) / (b + 0.05), node.className, text.data.slice(0, 30)]);
  }
  return found;
})()
"""


def background(page: Page) -> Any:
    return page.run("getComputedStyle(document.documentElement).backgroundColor")


def test_it_follows_the_system_and_the_button(browser: Browser, written: Writing) -> None:
    with browser.open(written(river())) as page:
        light = background(page)
        page.colours(dark=True)
        page.settle()
        dark = background(page)
        assert light != dark
        page.click("#theme")
        assert background(page) == light
        page.press("t")
        assert background(page) == dark
        assert page.complaints() == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("view", ["1", "2", "3"])
def test_all_text_can_be_read(browser: Browser, written: Writing, dark: bool, view: str) -> None:
    """WCAG 2.2, 1.4.3: a contrast of 4.5 to 1."""
    transcript = river()
    refused = next(entry.seq for entry in transcript if entry.event.kind == "refused")
    with browser.open(written(transcript), height=2400, dark=dark) as page:
        page.press(view)
        page.run(f"location.hash = '#{refused}'")
        page.settle()
        found = page.run(CONTRAST)
        assert len(found) > 100
        assert [one for one in found if one[0] < 4.5] == []


@pytest.mark.parametrize("transcript", [river(), stopped(), hostile()], ids=["river", "stopped", "hostile"])
@pytest.mark.parametrize("width", [360, 700, 1024, 1900])
def test_nothing_sticks_out_at_the_side(browser: Browser, written: Writing, transcript: Any, width: int) -> None:
    with browser.open(written(transcript), width=width, height=900) as page:
        for view in ("1", "2", "3"):
            page.press(view)
            assert page.run("document.documentElement.scrollWidth") <= width


def test_on_a_narrow_page_the_details_open_over_the_list(browser: Browser, written: Writing) -> None:
    with browser.open(written(river()), width=420, height=860) as page:
        assert not page.run("document.getElementById('detail').checkVisibility()")
        page.click(".list .row")
        assert page.run("document.getElementById('detail').checkVisibility()")
        page.click("#detail .close")
        assert not page.run("document.getElementById('detail').checkVisibility()")
        page.press("j", "Enter")
        assert page.run("document.getElementById('detail').checkVisibility()")


def test_everything_that_is_there_has_a_name(browser: Browser, written: Writing) -> None:
    with browser.open(written(river())) as page:
        page.run("location.hash = '#12'")
        page.settle()
        nodes = page.send("Accessibility.getFullAXTree")["nodes"]
        shown = [node for node in nodes if not node.get("ignored")]
        roles = {node["role"]["value"] for node in shown}
        assert {"banner", "main", "search", "region", "complementary", "feed", "article", "tablist", "heading"} <= roles
        nameless = [
            node["role"]["value"]
            for node in shown
            if node["role"]["value"] in ("button", "tab", "searchbox", "article", "img", "image", "link", "feed")
            and not node.get("name", {}).get("value")
        ]
        assert nameless == []
        feed = page.run(
            "[...document.querySelectorAll('[role=feed] article')].map(one => [one.ariaPosInSet, one.ariaSetSize])"
        )
        assert [int(place) for place, _ in feed] == list(range(int(feed[0][0]), int(feed[0][0]) + len(feed)))
