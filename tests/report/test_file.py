"""The file itself: one script, one style, data that stays data, and nothing from outside."""

from __future__ import annotations

import base64
import hashlib
import html.parser
import json
import re
from importlib.resources import files

import pytest

from agentchat.report.page import MARK, Source, embedded, is_page, write_page
from agentchat.transcript.transcript import Transcript
from tests.report.hostile import HOSTILE, hostile
from tests.report.samples import river

TEMPLATES = {one.name: one.read_text() for one in files("agentchat.report").joinpath("template").iterdir()}


class Elements(html.parser.HTMLParser):
    """The elements of a page, with their attributes and what stands in them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None], list[str]]] = []
        self._inside = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs), []))
        self._inside = True

    def handle_endtag(self, tag: str) -> None:
        self._inside = False

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.found[-1][2].append(data)

    def all(self, tag: str) -> list[tuple[dict[str, str | None], str]]:
        return [(attrs, "".join(text)) for name, attrs, text in self.found if name == tag]


@pytest.mark.parametrize("transcript", [river(), hostile()], ids=["a run", "a hostile run"])
def test_a_page_holds_what_its_templates_hold_and_no_more(transcript: Transcript) -> None:
    page = Elements(write_page(Source(transcript, HOSTILE[0])))
    plain = Elements(write_page(Source(river())))
    assert [tag for tag, *_ in page.found] == [tag for tag, *_ in plain.found]
    data, script = page.all("script")
    assert data[0] == {"type": "application/json", "id": "data"}
    assert json.loads(data[1])["runs"][0]["events"][0]["kind"] == "opened"
    assert script == plain.all("script")[1]
    assert not any(name.startswith("on") for _, attrs, _ in page.found for name in attrs)
    assert page.all("title")[0][1].strip() == HOSTILE[0]


def test_the_policy_lets_in_one_script_one_style_and_no_request() -> None:
    page = Elements(write_page(Source(river())))
    policy = next(attrs["content"] for attrs, _ in page.all("meta") if "http-equiv" in attrs)
    assert policy is not None
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == "'none'"
    assert rules["img-src"] == "data:"
    for name, text in (("script-src", page.all("script")[1][1]), ("style-src", page.all("style")[0][1])):
        sha = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert rules[name] == f"'sha256-{sha}'"


def test_nothing_on_the_page_names_an_address() -> None:
    whole = "\n".join(TEMPLATES.values())
    assert set(re.findall(r"https?://[^\s\"'`)]+", whole)) == {"http://www.w3.org/2000/svg"}  # a name, never fetched
    assert not re.search(r"\bimport\s*\(|\bfetch\(|XMLHttpRequest|WebSocket|sendBeacon|EventSource", whole)


def test_no_text_ever_becomes_markup_or_code() -> None:
    scripts = "\n".join(text for name, text in TEMPLATES.items() if name.endswith(".js"))
    ways = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|createContextualFragment|srcdoc"
    assert not re.search(ways + r"|\beval\b|new Function|setTimeout\(['\"`]|\.href\s*=|['\"`]javascript:", scripts)


def test_data_cannot_end_its_element() -> None:
    text = "</script><!--<script>&amp;\u2028\u2029"
    shown = embedded(json.dumps({"a": text}, ensure_ascii=False))
    assert not set("<>&\u2028\u2029") & set(shown)
    assert json.loads(shown) == {"a": text}


def test_a_page_is_known_again() -> None:
    page = write_page(Source(river()))
    assert is_page(page.encode()[:200])
    assert page.splitlines()[1] == MARK
    assert not is_page(b"<!doctype html>\n<html>")


def test_a_title_has_no_controls() -> None:
    page = Elements(write_page(Source(river(), "a\u202eb\x1b]0;x\x07.jsonl")))
    assert page.all("title")[0][1].strip() == "ab]0;x.jsonl"


def test_every_template_is_on_the_page() -> None:
    page = write_page(Source(river()))
    for name, text in TEMPLATES.items():
        if name != "page.html":
            assert text.strip() in page, name
