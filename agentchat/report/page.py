"""The HTML file: the templates of this room, with the runs as data in it, and a policy that lets nothing else in.

What models, people and tools said is data and never markup. It stands in a script element of a type that no browser
runs, with every character escaped that could end the element; the scripts make text nodes of it and nothing else. The
content security policy names the one script and the one style by their digests and forbids every request.
"""

from __future__ import annotations

import base64
import hashlib
import html
from functools import cache
from importlib.resources import files
from typing import Final, NamedTuple

from agentchat.report.pairs import pairs
from agentchat.report.run import Run, run_of
from agentchat.transcript.transcript import Transcript

MARK: Final = "<!-- a conversation, shown by agentchat view -->"
"""Stands at the head of every page, so that an older page can be told from a file of the user's."""

_STYLES: Final = ("base.css", "frame.css", "lists.css", "charts.css", "detail.css")
_SCRIPTS: Final = (
    "dom.js",
    "data.js",
    "prompts.js",
    "words.js",
    "code.js",
    "bodies.js",
    "window.js",
    "finding.js",
    "talk.js",
    "lines.js",
    "sequence.js",
    "differing.js",
    "sides.js",
    "axis.js",
    "timeline.js",
    "curves.js",
    "summary.js",
    "request.js",
    "contents.js",
    "detail.js",
    "keys.js",
    "main.js",
)
"""In the order in which they stand on the page: each uses only what stands before it, or is called later."""

_ESCAPES: Final = (("<", "\\u003c"), (">", "\\u003e"), ("&", "\\u0026"), ("\u2028", "\\u2028"), ("\u2029", "\\u2029"))


class Source(NamedTuple):
    """A transcript, and what the user calls it."""

    transcript: Transcript
    label: str = ""


def write_page(first: Source, second: Source | None = None) -> str:
    """The page of a run, or of two side by side. Raises NotATranscript for an empty one."""
    run = run_of(first.transcript, first.label)
    if second is None:
        return _page(run.facts.label, f'{{"runs":[{run.written()}],"pairs":[]}}')
    other = run_of(second.transcript, second.label)
    return _page(f"{run.facts.label} and {other.facts.label}", _both(first, run, second, other))


def is_page(begins: bytes) -> bool:
    """Whether a file that begins so is a page that was written here."""
    return begins.startswith(f"<!doctype html>\n{MARK}".encode())


def _both(first: Source, run: Run, second: Source, other: Run) -> str:
    beside = pairs(first.transcript, run.facts.steps, second.transcript, other.facts.steps)
    listed = ",".join(pair.model_dump_json(exclude_none=True) for pair in beside)
    return f'{{"runs":[{run.written()},{other.written()}],"pairs":[{listed}]}}'


def _page(title: str, data: str) -> str:
    style, script = _style(), _script()
    policy = (
        "default-src 'none'; "
        f"script-src {_allowed(script)}; style-src {_allowed(style)}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    parts = {
        "mark": MARK,
        "title": html.escape(_plain(title)),
        "policy": policy,
        "style": style,
        "script": script,
        "data": embedded(data),
    }
    # One pass over the skeleton: what is put in is never looked at again.
    pieces = _template("page.html").split("{{")
    out = [pieces[0]]
    for piece in pieces[1:]:
        name, _, rest = piece.partition("}}")
        out += [parts[name], rest]
    return "".join(out)


def embedded(data: str) -> str:
    """JSON as it may stand inside a script element: no character that HTML or JavaScript could read otherwise."""
    for character, escape in _ESCAPES:
        data = data.replace(character, escape)
    return data


def _plain(title: str) -> str:
    """A title without controls, bidi controls among them: it is shown outside the page, in the window's frame."""
    return "".join(one for one in title if one.isprintable())


def _allowed(content: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}'"


@cache
def _style() -> str:
    return "\n".join(_template(name) for name in _STYLES)


@cache
def _script() -> str:
    """All scripts as one, in a scope of their own."""
    body = "\n".join(_template(name) for name in _SCRIPTS)
    return f'(() => {{\n"use strict";\n{body}\n}})();\n'


def _template(name: str) -> str:
    return files("agentchat.report").joinpath("template", name).read_text(encoding="utf-8")
