"""Prices from the table: the right row, the dearest where it depends, and nothing made up."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import genai_prices
import pytest
from genai_prices.data import providers
from genai_prices.data_snapshot import DataSnapshot, set_custom_snapshot
from genai_prices.types import ClauseEquals, ModelInfo, ModelPrice, Provider

from agentchat.models.catalog import Choice
from agentchat.models.options import ModelOptions
from agentchat.models.pricing import Known, completed, known, price_of
from agentchat.policy.spending.prices import FREE, bound, cost
from agentchat.transcript.calls import Usage

OPENAI = "https://api.openai.com/v1"
NOVEMBER = datetime(2026, 11, 20, 12, tzinfo=UTC)


def test_a_price_names_its_source() -> None:
    price = price_of("gpt-4.1-mini")
    assert price is not None
    assert (price.input, price.output, price.cached_input, price.steps) == (0.4, 1.6, 0.1, ())
    assert price.source == f"genai-prices {genai_prices.__version__} (openai)"


@pytest.mark.parametrize(
    ("model", "url"),
    [
        ("gpt-99", None),
        ("", None),
        ("gpt-4", "http://127.0.0.1:8080/v1"),
        ("gpt-4", "http://localhost:8080/v1"),
        ("gpt-4", "http://[::1]:8080/v1"),
        ("gpt-4", "http://192.168.1.7:8080/v1"),
        ("gpt-4", "https://models.example.org/v1"),
        ("gpt-4", "http://[:::"),
        ("text-embedding-3-large", None),  # no price of output: it writes nothing
        ("sonar-deep-research", "https://api.perplexity.ai"),  # charges for what no usage tells
        ("moderation", None),
    ],
)
def test_unknown_is_unknown_and_never_free(model: str, url: str | None) -> None:
    assert price_of(model, url) is None


def test_a_name_without_an_address_costs_what_it_costs_at_home(monkeypatch: pytest.MonkeyPatch) -> None:
    assert price_of("gpt-4.1-mini") == price_of("gpt-4.1-mini", OPENAI)
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:8080/v1")
    assert known("gpt-4.1-mini") == Known()
    assert price_of("gpt-4.1-mini", OPENAI) is not None
    monkeypatch.setenv("OPENAI_BASE_URL", "https://openrouter.ai/api/v1")
    price = price_of("openai/gpt-4.1-mini")
    assert price is not None
    assert "openrouter" in price.source


def test_the_window_is_known_where_the_table_has_it() -> None:
    assert known("gpt-4").window == 8192
    assert known("gpt-99").window is None
    assert known("davinci-002").window is None


def test_long_inputs_have_their_own_rates() -> None:
    price = price_of("gpt-6-sol", at=NOVEMBER)
    assert price is not None
    assert (price.input, price.output, price.cached_input, price.cache_write) == (2.0, 10.0, 0.2, 2.5)
    (step,) = price.steps
    assert (step.above, step.input, step.output, step.cached_input, step.cache_write) == (272_000, 4.0, 15.0, 0.4, 5.0)


def test_writing_to_a_cache_counts_only_where_it_happens_unasked() -> None:
    price = price_of("claude-sonnet-4-5", "https://api.anthropic.com/v1")
    assert price is not None
    assert (price.cached_input, price.cache_write) == (0.3, None)


def test_a_charge_for_each_call() -> None:
    price = price_of("sonar-pro", "https://api.perplexity.ai")
    assert price is not None
    assert price.call == 0.014


def test_the_date_decides_and_of_a_day_the_dearest_hour() -> None:
    before, after = (price_of("o3", at=datetime(2025, month, 1, tzinfo=UTC)) for month in (6, 7))
    assert before is not None
    assert after is not None
    assert (before.input, after.input) == (10.0, 2.0)
    url = "https://api.deepseek.com/v1"
    prices = {price_of("deepseek-v4-flash", url, at=NOVEMBER.replace(hour=hour)) for hour in range(24)}
    assert len(prices) == 1
    price = prices.pop()
    assert price is not None
    assert (price.input, price.output, price.cached_input) == (0.3, 1.2, 0.006)
    # the day is that of the provider, which is in UTC
    eve = datetime(2025, 6, 10, 1, tzinfo=timezone(timedelta(hours=5)))
    assert price_of("o3", at=eve) == before


def test_a_service_tier_has_its_own_price() -> None:
    plain, prompt = price_of("gpt-6-sol", at=NOVEMBER), price_of("gpt-6-sol", service_tier="priority", at=NOVEMBER)
    assert plain is not None
    assert prompt is not None
    assert (prompt.input, prompt.output) == (2 * plain.input, 2 * plain.output)
    assert price_of("gpt-6-sol", service_tier="auto", at=NOVEMBER) == plain
    assert price_of("gpt-4", service_tier="flex") == price_of("gpt-4")
    assert known("gpt-4", service_tier="priority") == Known(None, 8192)  # dearer by nobody knows how much


def test_a_row_of_noughts_is_a_row_without_figures() -> None:
    row = ModelPrice(input_mtok=Decimal(0), output_mtok=Decimal(0))
    info = ModelInfo(id="m", match=ClauseEquals(equals="m"), prices=row, context_window=9)
    providers.append(Provider(id="p", name="P", api_pattern="https://p", models=[info]))
    try:
        assert known("m", "https://p/v1") == Known(None, 9)
    finally:
        providers.pop()


def test_a_choice_is_completed_where_its_settings_say_nothing() -> None:
    table = price_of("gpt-4")
    assert table is not None
    said = Choice("gpt-4", "fast", {"price": FREE, "window": 5})
    assert completed(said) is said
    bare = completed(Choice("gpt-4", "fast", {"output": "tool"}))
    assert bare == Choice("gpt-4", "fast", {"output": "tool", "price": table, "window": 8192})
    assert completed(Choice("gpt-4", None, {"price": FREE})).options == {"price": FREE, "window": 8192}
    assert completed(Choice("gpt-4", None, {"window": 5})).options == {"price": table, "window": 5}
    assert completed(Choice("gpt-4@http://127.0.0.1:1/v1", None, {})).options == {}
    fast: ModelOptions = {"extra": {"service_tier": "priority"}}
    dear = completed(Choice("gpt-6-sol", None, fast)).options["price"]
    assert dear == price_of("gpt-6-sol", service_tier="priority")
    assert fast == {"extra": {"service_tier": "priority"}}


def test_another_user_of_the_table_does_not_change_ours() -> None:
    set_custom_snapshot(DataSnapshot(providers=[], from_auto_update=True))
    try:
        assert price_of("gpt-4.1-mini") is not None
    finally:
        set_custom_snapshot(None)


@pytest.mark.parametrize("provider", ["openai", "anthropic", "deepseek", "mistral", "groq", "x-ai"])
def test_never_below_what_the_table_itself_computes(provider: str) -> None:
    source = next(one for one in providers if one.id == provider)
    url = source.api_pattern.replace("\\", "")
    table = DataSnapshot(providers=providers, from_auto_update=False)
    checked = 0
    for info in source.models:
        price = price_of(info.id, url, at=NOVEMBER)
        if price is None:
            continue
        for given, cached, written in ((1000, 0, 1000), (999, 500, 7), (300_000, 100_000, 5000)):
            usage = Usage(input_tokens=given, output_tokens=written, cached_input_tokens=cached)
            theirs = genai_prices.Usage(input_tokens=given, output_tokens=written, cache_read_tokens=cached)
            right = table.calc(theirs, info.id, None, url, NOVEMBER).total_price
            ours = cost(price, usage)
            assert ours is not None
            assert right <= Decimal(repr(ours)) <= Decimal(repr(bound(price, given, written)))
            if price.cache_write is None and provider != "deepseek":  # whose price changes with the hour
                assert Decimal(repr(ours)) - right < Decimal("1e-9")
            checked += 1
    assert checked > 10


def test_the_table_is_imported_when_it_is_asked() -> None:
    program = (
        "import sys; from agentchat.models.pricing import price_of; assert 'genai_prices' not in sys.modules; "
        "assert price_of('gpt-4', 'http://127.0.0.1:1/v1') is None; assert 'genai_prices' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
