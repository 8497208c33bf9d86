"""A model request as a line for a shell: what was sent, to where it was sent, without the key.

The key is the shell's: it goes where the program itself sends it, to the address of the environment and to OpenAI. An
address that stands in the record may be a stranger's, and gets none.
"""

from __future__ import annotations

import shlex
from contextlib import suppress
from typing import Final

from agentchat.errors import ConfigurationError
from agentchat.models.settings import is_home, origin, split_name
from agentchat.settings import OPENAI_URL
from agentchat.transcript.calls import ModelRecipe, Wire

_PATHS: Final[dict[Wire, str]] = {"chat": "/chat/completions", "responses": "/responses"}
_MOST_ARGUMENT: Final = 100_000
"""Bytes of one argument: Linux takes 128 KiB at most, so a longer body is piped in. `printf` is built into a shell."""
_HOME: Final = f'"${{OPENAI_BASE_URL:-{OPENAI_URL}}}'


def curl(recipe: ModelRecipe, body: bytes) -> str:
    """The line. Run by sh it sends exactly `body`."""
    address = address_of(recipe.model)
    path = _PATHS[recipe.wire]
    url = f'{_HOME}{path}"' if address is None else shlex.quote(f"{address}{path}")
    key = '"Authorization: Bearer $OPENAI_API_KEY"' if gets_key(address) else "'Authorization: Bearer none'"
    quoted = shlex.quote(body.decode())
    large = len(body) > _MOST_ARGUMENT
    lines = [
        f"printf %s {quoted} | curl -sSN {url}" if large else f"curl -sSN {url}",
        "-H 'Content-Type: application/json'",
        f"-H {key}",
        "--data-binary @-" if large else f"--data-binary {quoted}",
    ]
    return " \\\n  ".join(lines)


def address_of(model: str) -> str | None:
    """The address in a model's name; None where there is none."""
    try:
        return split_name(model, None)[1]
    except ConfigurationError:  # a name of a model that is no service's
        return None


def gets_key(address: str | None) -> bool:
    """Whether the key of the environment goes to this address."""
    if address is None:
        return True
    with suppress(ConfigurationError):  # what the environment says is no address
        return is_home(address)
    return origin(address) == origin(OPENAI_URL)
