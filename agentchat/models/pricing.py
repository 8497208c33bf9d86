"""Prices and context windows of public services, from the table that comes with the package `genai-prices`.

A model is looked up at the address it is asked at, for the same name costs something else elsewhere. What the table
does not know is unknown, never nothing. Never here: the network (the table's own updates are not used), and what a
user says about prices (`catalog`). The table takes a third of a second to import; it is imported when first asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final, NamedTuple, TypeAlias

from agentchat.models.catalog import Choice
from agentchat.models.forbid import is_loopback
from agentchat.models.settings import split_name
from agentchat.policy.spending.prices import Price, Rates, Step
from agentchat.settings import home_url

_INPUT: Final = "input_mtok"
_OUTPUT: Final = "output_mtok"
_CACHED: Final = "cache_read_mtok"
_WRITTEN: Final = "cache_write_mtok"
_REQUESTS: Final = "requests_kcount"
_KEYS: Final = (_INPUT, _OUTPUT, _CACHED, _WRITTEN, _REQUESTS)
"""What a text conversation is charged for. Searches, audio and images are only charged to who asks for them."""

_UNCOUNTED: Final = "output_citation_mtok"
"""A charge on every call that no usage reports: a model that has it has no price here."""

_WRITES_ON_REQUEST: Final = ("anthropic",)
"""Providers that write to their cache only where a request asks for it, which ours never do."""

_PLAIN: Final = (None, "auto", "default", "standard", "flex", "batch")
"""Service tiers that cost no more than the plain price, which holds where the table has none of their own."""

_Scale: TypeAlias = tuple[tuple[int, float], ...]
"""A rate by the size of the input: from 0 tokens, then above each next number."""

_Row: TypeAlias = dict[str, _Scale]


class Known(NamedTuple):
    """What the table says of a model: its price, and its window in tokens of input and output together."""

    price: Price | None = None
    window: int | None = None


class _Found(NamedTuple):
    rows: tuple[_Row, ...]
    window: int | None
    provider: str
    version: str


def price_of(
    model: str, base_url: str | None = None, *, service_tier: str | None = None, at: datetime | None = None
) -> Price | None:
    """What calls of this model cost at this address, or None where that is not known.

    base_url: None is where a name without an address goes: OPENAI_BASE_URL, else api.openai.com. service_tier: as the
    request names it. at: when, by default now; where a price changes with the hour, the dearest of that day is taken.
    """
    return known(model, base_url, service_tier=service_tier, at=at).price


def known(
    model: str, base_url: str | None = None, *, service_tier: str | None = None, at: datetime | None = None
) -> Known:
    """Price and window of a model, with the arguments of `price_of`.

    A server on this machine is in no table, whatever the names it gives its models.
    """
    address = base_url or home_url()
    try:
        if is_loopback(address):
            return Known()
    except ValueError:  # no address at all; the call will say so
        return Known()
    found = _look_up(model, address, service_tier, (at or datetime.now(UTC)).astimezone(UTC))
    return Known() if found is None else Known(_dearest(found), found.window)


def completed(choice: Choice) -> Choice:
    """The choice with the price and the window of the table, where its settings name none and the table has one."""
    if "price" in choice.options and "window" in choice.options:
        return choice
    model, url = split_name(choice.name, None)
    tier = choice.options.get("extra", {}).get("service_tier")
    found = known(model, url, service_tier=tier if isinstance(tier, str) else None)
    options = choice.options.copy()
    if "price" not in options and found.price is not None:
        options["price"] = found.price
    if "window" not in options and found.window is not None:
        options["window"] = found.window
    return choice._replace(options=options)


def _look_up(model: str, address: str, service_tier: str | None, at: datetime) -> _Found | None:
    from genai_prices import __version__
    from genai_prices.data import providers
    from genai_prices.data_snapshot import DataSnapshot
    from genai_prices.types import ModelPrice, TieredPrices, TimeOfDateConstraint

    try:
        # A snapshot of our own: that of the package may have been replaced by another user of it in this process.
        table = DataSnapshot(providers=providers, from_auto_update=False)
        provider, info = table.find_provider_model(model, None, None, address)
    except LookupError:
        return None
    here = any(one is info for one in provider.models)  # else borrowed from another provider, without its variants
    variants = [one for one in info.price_variants or () if here and one.when == {"service_tier": service_tier}]
    if service_tier not in _PLAIN and not variants:
        return _Found((), info.context_window, provider.id, __version__)
    context = {"service_tier": service_tier} if service_tier is not None and here else None
    conditional = [] if isinstance(info.prices, ModelPrice) else info.prices
    rules = [*(one.constraint for one in conditional), *(one.constraint for one in variants)]
    clocks = [rule for rule in rules if isinstance(rule, TimeOfDateConstraint)]
    times = [at, *(datetime.combine(at, time) for one in clocks for time in (one.start_time, one.end_time))]

    def scale(price: object) -> _Scale:
        if isinstance(price, TieredPrices):
            return ((0, float(price.base)), *((tier.start, float(tier.price)) for tier in price.tiers))
        return ((0, float(str(price))),)

    rows = (info.get_prices(time, context) for time in times)
    plain = tuple({key: scale(price) for key, price in vars(row).items() if price is not None} for row in rows)
    return _Found(plain, info.context_window, provider.id, __version__)


def _dearest(found: _Found) -> Price | None:
    """One price of several rows: at every size of the input the dearest of each rate."""
    rows = found.rows
    if not rows or any(_UNCOUNTED in row or _INPUT not in row or _OUTPUT not in row for row in rows):
        return None
    sizes = sorted({size for row in rows for key in _KEYS for size, _ in row.get(key, ())})
    writes = found.provider not in _WRITES_ON_REQUEST
    by_size = [_rates(rows, size, writes) for size in sizes]
    first = by_size[0]
    if first.input == first.output == 0:
        return None  # a row without figures, or a subscription
    calls = max(_rate(row.get(_REQUESTS, ((0, 0.0),)), 0) for row in rows) / 1000
    steps = tuple(Step(above=size, **rates.model_dump()) for size, rates in zip(sizes[1:], by_size[1:], strict=True))
    source = f"genai-prices {found.version} ({found.provider})"
    return Price(**first.model_dump(), steps=steps, call=calls or None, source=source)


def _rates(rows: Sequence[_Row], size: int, writes: bool) -> Rates:
    """The dearest rates of a call whose input has more than `size` tokens."""
    plain = max(_rate(row[_INPUT], size) for row in rows)
    written = max(_rate(row.get(_WRITTEN, row[_INPUT]), size) for row in rows)
    return Rates(
        input=plain,
        output=max(_rate(row[_OUTPUT], size) for row in rows),
        cached_input=max(_rate(row.get(_CACHED, row[_INPUT]), size) for row in rows)
        if any(_CACHED in row for row in rows)
        else None,
        cache_write=written if writes and written > plain else None,
    )


def _rate(scale: _Scale, size: int) -> float:
    return [rate for start, rate in scale if start <= size][-1]
