"""What `agentchat models` finds out: tiers, models, prices, and the servers of the user's own settings."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

import anyio
from pydantic import JsonValue

from agentchat.cli.choices import DEFAULT_MODEL
from agentchat.models.catalog import Catalog, Choice, load_catalog
from agentchat.models.pricing import completed
from agentchat.models.servers import Served, ask_servers
from agentchat.models.settings import split_name
from agentchat.policy.spending.prices import Price
from agentchat.settings import TIERS


class Asked(NamedTuple):
    """A model as it would be asked. window: tokens, None where unknown. price: None where unknown."""

    name: str
    price: Price | None
    window: int | None
    output: str
    wire: str

    @classmethod
    def of(cls, choice: Choice) -> Asked:
        """The model of a choice, with what the price table knows of it."""
        options = completed(choice).options
        output, wire = options.get("output", "auto"), options.get("wire", "chat")
        return cls(choice.name, options.get("price"), options.get("window"), output, wire)

    def plain(self) -> dict[str, JsonValue]:
        """As JSON."""
        price = None if self.price is None else self.price.model_dump(mode="json", exclude_none=True)
        return {**self._asdict(), "price": price}


class Tier(NamedTuple):
    """A tier: its models in the order they are asked, none where it is not set, and what says so."""

    name: str
    models: tuple[Asked, ...]
    origin: str | None


class Survey(NamedTuple):
    """All of it. models: those with settings of their own that no tier names."""

    settings: Path | None
    key: bool
    tiers: tuple[Tier, ...]
    models: tuple[Asked, ...]
    servers: tuple[Served, ...]

    @property
    def empty(self) -> bool:
        """Whether nothing at all is set."""
        return not (self.key or self.models or self.servers or any(tier.models for tier in self.tiers))

    def plain(self) -> dict[str, JsonValue]:
        """As JSON."""
        return {
            "settings": None if self.settings is None else str(self.settings),
            "key": self.key,
            "tiers": [
                {"tier": tier.name, "origin": tier.origin, "models": [one.plain() for one in tier.models]}
                for tier in self.tiers
            ],
            "models": [one.plain() for one in self.models],
            "servers": [
                {"url": one.url, "models": None if one.models is None else list(one.models), "problem": one.problem}
                for one in self.servers
            ],
        }


def survey() -> Survey:
    """Look at the settings, and ask the servers that they name. Raises ConfigurationError for settings that are wrong.

    OpenAI itself is asked only where the settings name its address: a key alone is no question.
    """
    catalog = load_catalog()
    tiers = tuple(_tier(catalog, name) for name in catalog.known_tiers())
    in_tiers = [one.name for tier in tiers for one in tier.models]
    others = tuple(Choice(name, None, catalog.options(name)) for name in catalog.models if name not in in_tiers)
    named = [split_name(name, None)[1] for name in (*in_tiers, *catalog.models)]
    home = os.environ.get("OPENAI_BASE_URL", "").strip() or None
    urls = [url for url in dict.fromkeys((home, *named)) if url is not None]
    served = anyio.run(ask_servers, urls) if urls else ()
    return Survey(catalog.path, _key_set(), tiers, tuple(Asked.of(choice) for choice in others), served)


def _tier(catalog: Catalog, name: str) -> Tier:
    mapped = catalog.mapping(name)
    if mapped is not None:
        return Tier(name, tuple(Asked.of(choice) for choice in catalog.resolve(name)), mapped.origin)
    if name in TIERS and _key_set() and not os.environ.get("OPENAI_BASE_URL", "").strip():
        # what `agentchat run` does with a bare key
        return Tier(name, (Asked.of(Choice(DEFAULT_MODEL, name, catalog.options(DEFAULT_MODEL))),), "OPENAI_API_KEY")
    return Tier(name, (), None)


def _key_set() -> bool:
    return bool(os.environ.get("OPENAI_API_KEY", "").strip())
