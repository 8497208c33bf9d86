"""The one JSON object in a model's reply, or why there is none, in words for the model.

Strict where parsers are generous: no text around it, no second value, no repeated keys, no NaN, bounded in depth and
size. Positions count characters from 1. Each step takes time linear in the text, whatever the text is.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Final, NoReturn

from pydantic import JsonValue

from agentchat.policy.typed.leaves import shown
from agentchat.transcript.calls import JsonObject

MAX_BYTES: Final = 4 * 1024 * 1024
"""More is no message: 4 MiB are a million tokens, above what any model writes."""

MAX_DEPTH: Final = 200
"""Far above what a schema asks for, and far below where the parsers and validators behind this one overflow."""

_BLANK: Final = " \t\n\r"
_NESTING: Final = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[\]{}]', re.DOTALL)
_FENCE: Final = re.compile(r"[ \t>]*(?:(?:[-*+]|[0-9]{1,9}[.)])[ \t]+)?(?P<marks>`{3,}|~{3,})[ \t]*(?P<info>[^`]*)$")
_OBJECT: Final = re.compile(r'\{\s*+["}]')


class NotTheAnswer(ValueError):
    """Why a reply is not what was asked for, said to the model."""


def json_object(text: str) -> JsonObject:
    """The JSON object that `text` is. Raises NotTheAnswer."""
    start = len(text) - len(text.lstrip(_BLANK))
    _sized(text, start)
    try:
        value, end = _DECODER.raw_decode(text, start)
    except json.JSONDecodeError as error:
        raise NotTheAnswer(_broken(text, error)) from None
    except NotTheAnswer:
        raise
    except ValueError:  # int() refuses more than some thousand digits
        raise NotTheAnswer("the answer holds a number of too many digits") from None
    rest = text[end:].lstrip(_BLANK)
    if rest:
        what = "a second JSON value" if rest[0] in "{[" else "text"
        place = len(text) - len(rest) + 1
        raise NotTheAnswer(
            f"the answer must be one JSON object and nothing else; there is {what} after it at character {place}"
        )
    result: JsonObject = value
    return result


def fenced_json(text: str) -> str | None:
    """The content of the one fenced block of `text` that holds JSON; None where the text begins as JSON itself.

    Words around the block are let pass, another block with JSON or an object in the words is not: nobody could tell
    which is meant. Raises NotTheAnswer.
    """
    if text.lstrip(_BLANK).startswith("{"):
        return None
    blocks, words = _blocks(text)
    holding = [block for info, block in blocks if info == "json" or block.lstrip(_BLANK).startswith("{")]
    if not holding:
        return None
    if len(holding) > 1:
        raise NotTheAnswer(f"the answer must be one JSON object; there are {len(holding)} fenced blocks of JSON in it")
    if _OBJECT.search(words):
        raise NotTheAnswer("the answer must be one JSON object; there is another one outside of the fenced block")
    return holding[0]


def _sized(text: str, start: int) -> None:
    if start == len(text):
        raise NotTheAnswer("the answer is empty; it must be one JSON object and nothing else")
    if text[start] != "{":
        place = text.find("{")
        what = "there is no JSON object in it" if place < 0 else f"there is text before it, up to character {place}"
        raise NotTheAnswer(f"the answer must be one JSON object and nothing else; {what}")
    if len(text) > MAX_BYTES or len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise NotTheAnswer(f"the answer is too long: more than {MAX_BYTES} bytes")
    if text.count("{") + text.count("[") > MAX_DEPTH and _too_deep(text):
        raise NotTheAnswer(f"the answer is nested too deeply: more than {MAX_DEPTH} levels")


def _too_deep(text: str) -> bool:
    depth = 0
    for token in _NESTING.finditer(text):
        if token[0] in "{[":
            depth += 1
            if depth > MAX_DEPTH:
                return True
        elif token[0] in "}]":
            depth -= 1
    return False


def _broken(text: str, error: json.JSONDecodeError) -> str:
    if error.msg.startswith("Unterminated string") or not text[error.pos :].strip(_BLANK):
        return "the answer breaks off before the JSON is complete; it must be one whole JSON object"
    reason = error.msg[:1].lower() + error.msg[1:]
    near = text[error.pos : error.pos + 20]
    return f"the answer is no correct JSON: {reason} at character {error.pos + 1}, near {shown(near)}"


def _pairs(pairs: list[tuple[str, JsonValue]]) -> JsonObject:
    found = dict(pairs)
    if len(found) != len(pairs):
        twice = next(name for name, count in Counter(name for name, _ in pairs).items() if count > 1)
        raise NotTheAnswer(f"the answer is ambiguous: the key {shown(twice)} comes more than once in one object")
    return found


def _constant(name: str) -> NoReturn:
    raise NotTheAnswer(f"the answer is no correct JSON: {name} is no JSON number")


_DECODER: Final = json.JSONDecoder(object_pairs_hook=_pairs, parse_constant=_constant)


def _blocks(text: str) -> tuple[list[tuple[str, str]], str]:
    """The fenced blocks of a text, each with the first word after its marks, and the text outside of them."""
    blocks: list[tuple[str, str]] = []
    words: list[str] = []
    marks, info, inside = "", "", list[str]()
    for line in text.split("\n"):
        bare = line.strip(" \t\r>")
        if marks:
            if len(bare) >= len(marks) and set(bare) == {marks[0]}:
                blocks.append((info, "\n".join(inside)))
                marks = ""
            else:
                inside.append(line)
        elif (fence := _FENCE.match(line)) is not None:
            marks, info, inside = fence["marks"], "".join(fence["info"].lower().split()[:1]), []
        else:
            words.append(line)
    if marks:  # a block that is never closed runs to the end
        blocks.append((info, "\n".join(inside)))
    return blocks, "\n".join(words)
