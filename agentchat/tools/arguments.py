"""What a model wrote as the arguments of a tool, read as strictly as JSON is meant; what to tell it when that fails.

Problems are worded for the model: they name the place, say what was expected, and show a little of what was given.
"""

from __future__ import annotations

import difflib
import json
import math
from collections.abc import Sequence
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails, from_json

from agentchat.transcript.calls import JsonObject

MAX_ARGUMENTS: Final = 1024 * 1024
"""Characters of one call's arguments. More than any model's answer holds today, so only a broken server sends it."""
MAX_PROBLEMS: Final = 20
_MANY: Final = 1000
_SHOWN: Final = 80
_MESSAGE: Final = 300


class _Wrong(ValueError):
    pass


def read_arguments(text: str) -> JsonObject | list[str]:
    """The JSON object in what a model wrote, or what is wrong with it. Nothing written stands for `{}`.

    Repeated names, numbers too large for a double and half of a surrogate pair are errors: each would be read back as
    something else than was written. Nesting deeper than 200 is one too (pydantic's parser stops there).
    """
    if len(text) > MAX_ARGUMENTS:
        return [f"the arguments are too long: {len(text):,} characters, at most {MAX_ARGUMENTS:,} are read"]
    if not text.strip():
        return {}
    try:
        from_json(text.encode(), allow_inf_nan=False)  # depth, surrogates, endless numbers, NaN
        value = json.loads(text, object_pairs_hook=_object, parse_float=_number)
    except UnicodeEncodeError:
        return ["the arguments hold half of a surrogate pair, which is no character"]
    except _Wrong as wrong:
        return [str(wrong)]
    except ValueError as error:
        return [f"the arguments are not valid JSON: {error}"]
    if not isinstance(value, dict):
        return [f"the arguments must be one JSON object, not {_shown(value)}"]
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for place, name in enumerate(names) if name in names[:place])
        raise _Wrong(f"the arguments name {_cut(twice, _SHOWN)} twice in one object")
    return found


def _number(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise _Wrong(f"the number {_cut(text, _SHOWN)} in the arguments is too large")
    return value


def problems_in(error: ValidationError, names: Sequence[str]) -> list[str]:
    """What did not fit, a line each, at most 20. `names` are the parameters there are."""
    count = error.error_count()
    if count > _MANY:  # an account of each would take longer than the call
        return [f"{count:,} values in the arguments do not fit the schema of the parameters"]
    found = error.errors(include_url=False, include_context=False)
    lines = [_problem(one, names) for one in found[:MAX_PROBLEMS]]
    return lines if count <= MAX_PROBLEMS else [*lines, f"and {count - MAX_PROBLEMS} more problems"]


def _problem(detail: ErrorDetails, names: Sequence[str]) -> str:
    place = _place(detail["loc"])
    if detail["type"] == "missing":
        return f"{place}: is missing"
    if detail["type"] in ("extra_forbidden", "unexpected_keyword_argument"):  # of a model, of a dataclass
        return f"{place}: there is no such {_instead(detail['loc'], names)}"
    return f"{place}: {_cut(detail['msg'], _MESSAGE)}, not {_shown(detail['input'])}"


def _instead(loc: tuple[int | str, ...], names: Sequence[str]) -> str:
    if len(loc) > 1:
        return "field"
    if not names:
        return "parameter; there are none"
    near = difflib.get_close_matches(str(loc[0])[:_SHOWN], names, n=1)
    return f"parameter; did you mean {near[0]}?" if near else f"parameter; there are {', '.join(names)}"


def _place(loc: tuple[int | str, ...]) -> str:
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in loc)
    return _cut(path.removeprefix("."), _SHOWN) or "the arguments"


def _shown(value: object) -> str:
    """A little of a JSON value, without writing out a large one."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, str):
        return json.dumps(_cut(value, _SHOWN), ensure_ascii=False)
    return _cut(json.dumps(value, default=str), _SHOWN)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 3]}..."
