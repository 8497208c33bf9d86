"""A run in which every place where text is shown holds text that tries to be more than text."""

from __future__ import annotations

import base64
from typing import Any, Final

from agentchat.policy.rules import MaxTurns, Mentions
from agentchat.transcript.calls import CodeRecipe, JsonObject, Reply, ToolRecipe, ToolResult
from agentchat.transcript.events import CallFinished, CallStarted
from agentchat.transcript.messages import BlobPart, CodeRun, SavedFile, TextPart, ToolCallPart, UriPart
from agentchat.transcript.transcript import Transcript
from tests.policy.cards import card, team
from tests.report.samples import Scene

HOSTILE: Final = (
    "</script><script>alert('script')</script>",
    "<img src=x onerror=alert('img')>",
    "<svg onload=alert('svg')><circle/></svg>",
    "<!-- <script> --!> ]]> <style>body{display:none}</style>",
    "<iframe src=https://example.org/></iframe><link rel=stylesheet href=https://example.org/x.css>",
    "[click](javascript:alert('link')) javascript:alert(1) data:text/html,<script>alert(1)</script>",
    "![x](https://example.org/pixel.png) https://example.org/beacon",
    "\u202egnp.exe\u202c \u2066hidden\u2069 \u200bzero\ufeff \u2028line\u2029 \x1b]52;c;aGk=\x07 \x1b[2J",
    "```html\n<script>alert('fence')</script>\n```",
    "{{script}} {{data}} ${alert(1)} `${alert(2)}` \\u003cscript\\u003e",
    "__proto__ constructor toString",
)
SVG: Final = base64.b64encode(
    b'<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40" onload="alert(1)"><script>alert(2)</script>'
    b'<image href="https://example.org/beacon.png" width="9" height="9"/><rect width="40" height="40"/></svg>'
).decode()


def hostile() -> Transcript:
    """Every place where text of a run is shown holds text that tries to be more than text."""
    name = HOSTILE[1]
    cast = (card(name, instructions="\n".join(HOSTILE), description=HOSTILE[2]), card("__proto__"))
    play = Scene(agreed=team(*cast), pace=0.01)
    play.start(Mentions(HOSTILE[0], by="__proto__") | MaxTurns(2), task="\n".join(HOSTILE))
    play.give()
    parts: tuple[Any, ...] = (
        *(TextPart(content=one) for one in HOSTILE),
        BlobPart(mime_type="image/svg+xml", content=SVG),
        BlobPart(mime_type='image/png" onerror="alert(3)', content="AAAA"),
        BlobPart(mime_type="image/png", content='AAAA" onerror="alert(4)'),
        BlobPart(mime_type="text/html", content=base64.b64encode(HOSTILE[0].encode()).decode()),
        UriPart(uri="javascript:alert('uri')", mime_type="image/png"),
        UriPart(uri="https://example.org/pixel.png", mime_type="image/png"),
        ToolCallPart(id="x", name=HOSTILE[0], arguments=HOSTILE[1]),
    )
    ended = play.think(Reply(parts=parts, finish=HOSTILE[0], model=HOSTILE[2]), 0.1)
    play.offer(
        CallStarted(
            turn=play.turn.seq, agent=name, ordinal=2, attempt=1, key=HOSTILE[0], digest=HOSTILE[1],
            recipe=ToolRecipe(name=HOSTILE[0], arguments={key: list(HOSTILE) for key in HOSTILE}),
        )
    )  # fmt: skip
    bad: JsonObject = {
        "<img src=x onerror=alert(5)>": "https://example.org/",
        "data": f"data:image/svg+xml;base64,{SVG}",
    }
    play.offer(CallFinished(call=len(play.log), result=ToolResult(ok=False, value=bad, child=HOSTILE[0])))
    play.refuse(*HOSTILE, call=ended.seq)
    play.say(calls=(ended.seq,))
    play.give()
    recipe = CodeRecipe(language=HOSTILE[0], source=tuple(f"={one}\n" for one in HOSTILE), sandbox=HOSTILE[1])
    code = play.begin(recipe, "d")
    run = CodeRun(
        language=HOSTILE[1],
        status="error",
        exit_code=1,
        stdout="\n".join(HOSTILE),
        stderr=HOSTILE[0],
        detail=HOSTILE[2],
        files=(
            SavedFile(name=HOSTILE[0], mime_type="image/svg+xml", content=SVG),
            SavedFile(name=HOSTILE[1], mime_type=HOSTILE[2], content=HOSTILE[0]),
        ),
    )
    play.offer(CallFinished(call=code.seq, result=run))
    play.fail(HOSTILE[0])
    while play.rule() is not None:
        pass
    return play.log
