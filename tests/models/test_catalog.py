"""Tiers and settings of models: from the file, from the environment, and what is said about a wrong one."""

from __future__ import annotations

import inspect
import os
import re
from pathlib import Path

import pytest

from agentchat.errors import ConfigurationError
from agentchat.models.catalog import LONGEST, Catalog, Choice, Mapped, load_catalog
from agentchat.models.openai import OpenAIModel
from agentchat.models.options import ModelOptions
from agentchat.policy.spending.prices import FREE, Price, Step
from agentchat.settings import (
    NOT_TIERS,
    OPENAI_URL,
    TIERS,
    config_file,
    config_places,
    home_url,
    tier_target,
    tier_variable,
)

LOCAL = "qwen3@http://127.0.0.1:8080/v1"
WHOLE = f"""
[tiers]
fast = "gpt-4.1-mini"
smart = ["gpt-5", "{LOCAL}"]
very-smart = "gpt-6-sol"

[models."{LOCAL}/"]
output = "tool"
window = 32768
max_output = 4096
wire = "responses"
price = {{ input = 0.1, output = 0.4, cached_input = 0.01, steps = [{{ above = 1000, input = 1, output = 2.5 }}] }}
temperature = 0.2
extra = {{ top_k = 20 }}
stop = ["END"]

[models.gpt-5]
price = "free"
stream = false
"""


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place with no settings, which the process works in."""
    for name in [name for name in os.environ if name.startswith("AGENTCHAT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "work"


def written(text: str, path: Path = Path("agentchat.toml")) -> Catalog:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return load_catalog()


def test_a_whole_file(place: Path) -> None:
    catalog = written(WHOLE)
    assert catalog.path == place / "agentchat.toml"
    assert catalog.known_tiers() == ("fast", "smart", "very-smart")
    assert catalog.resolve("fast") == (Choice("gpt-4.1-mini", "fast", {}),)
    first, second = catalog.resolve("smart")
    assert first == Choice("gpt-5", "smart", {"price": FREE, "stream": False})
    assert second.name == LOCAL
    assert second.options == {
        "output": "tool",
        "window": 32768,
        "max_output": 4096,
        "wire": "responses",
        "price": Price(
            input=0.1,
            output=0.4,
            cached_input=0.01,
            steps=(Step(above=1000, input=1.0, output=2.5),),
            source="agentchat.toml",
        ),
        "temperature": 0.2,
        "extra": {"top_k": 20},
        "stop": ["END"],
    }
    assert catalog.resolve(LOCAL) == (Choice(LOCAL, None, second.options),)
    assert catalog.resolve(f"{LOCAL}/") == catalog.resolve(LOCAL)
    assert catalog.resolve("gpt-9") == (Choice("gpt-9", None, {}),)
    assert catalog.mapping("very-smart") == Mapped(("gpt-6-sol",), str(place / "agentchat.toml"))


def test_what_a_caller_does_with_settings_stays_with_it() -> None:
    catalog = written(WHOLE)
    catalog.resolve(LOCAL)[0].options["extra"]["top_k"] = 1
    assert catalog.resolve(LOCAL)[0].options["extra"] == {"top_k": 20}


def test_without_a_file_there_is_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    catalog = load_catalog()
    assert catalog == Catalog()
    assert catalog.known_tiers() == TIERS
    assert catalog.resolve("gpt-5") == (Choice("gpt-5", None, {}),)
    with pytest.raises(ConfigurationError, match=r"no model is set for the tier 'smart'(?s:.*)agentchat\.toml"):
        catalog.resolve("smart")
    monkeypatch.setenv("AGENTCHAT_MODEL", " gpt-5 ")
    assert catalog.resolve("smart") == (Choice("gpt-5", "smart", {}),)
    assert catalog.mapping("fast") == Mapped(("gpt-5",), "AGENTCHAT_MODEL")
    monkeypatch.setenv("AGENTCHAT_FAST", f"{LOCAL}, gpt-5 ,")
    assert [choice.name for choice in catalog.resolve("fast")] == [LOCAL, "gpt-5"]
    assert catalog.mapping("fast") == Mapped((LOCAL, "gpt-5"), "AGENTCHAT_FAST")


def test_the_environment_wins_over_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    catalog = written(WHOLE)
    monkeypatch.setenv("AGENTCHAT_VERY_SMART", LOCAL)
    assert catalog.resolve("very-smart") == (Choice(LOCAL, "very-smart", catalog.options(LOCAL)),)
    monkeypatch.setenv("AGENTCHAT_MODEL", "gpt-4o")
    assert [choice.name for choice in catalog.resolve("smart")] == ["gpt-4o"]
    assert [choice.name for choice in catalog.resolve("very-smart")] == [LOCAL]
    assert catalog.known_tiers() == ("fast", "smart", "very-smart")


def test_a_model_of_the_file_that_the_environment_makes_a_tier(monkeypatch: pytest.MonkeyPatch) -> None:
    catalog = written("[tiers]\nfast = 'nano'")
    assert catalog.resolve("fast")[0].name == "nano"
    monkeypatch.setenv("AGENTCHAT_NANO", "gpt-5-nano")
    with pytest.raises(ConfigurationError, match=r"\[tiers\] fast: 'nano' is a tier itself"):
        catalog.resolve("fast")


def test_a_tier_that_only_the_environment_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGENTCHAT_CHEAP", "gpt-5-nano")
    monkeypatch.setenv("AGENTCHAT_STORE", "team.db")
    catalog = load_catalog()
    assert catalog.known_tiers() == ("fast", "smart", "cheap")
    assert catalog.resolve("cheap") == (Choice("gpt-5-nano", "cheap", {}),)
    assert catalog.resolve("store") == (Choice("store", None, {}),)
    with pytest.raises(ConfigurationError, match="did you mean 'cheap'"):
        catalog.resolve("CHEAP")


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("fast", "AGENTCHAT_SMART: 'fast' is a tier itself"),
        ("smart", "AGENTCHAT_SMART: 'smart' is a tier itself"),
        ("cheap", "AGENTCHAT_SMART: 'cheap' is a tier itself"),
        ("gpt-5,gpt-5", "AGENTCHAT_SMART: 'gpt-5' stands there twice"),
        (",", "AGENTCHAT_SMART: no model is named"),
        ("x@http://", "AGENTCHAT_SMART: a base URL looks like"),
        ("x@127.0.0.1:80", "AGENTCHAT_SMART: 'x@127.0.0.1:80': what follows the @ is no URL"),
    ],
)
def test_a_variable_that_names_no_model(value: str, problem: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGENTCHAT_CHEAP", "gpt-5-nano")
    monkeypatch.setenv("AGENTCHAT_SMART", value)
    with pytest.raises(ConfigurationError) as caught:
        load_catalog().resolve("smart")
    assert str(caught.value).startswith(problem)


@pytest.mark.parametrize("name", ["smrt", "Smart", "SMART", "fasts", "verysmart"])
def test_a_tier_misspelt(name: str) -> None:
    with pytest.raises(ConfigurationError, match=f"there is no tier '{name}'; did you mean"):
        written(WHOLE).resolve(name)
    catalog = written(f'[models]\n"{name}" = {{}}\n')
    assert catalog.resolve(name) == (Choice(name, None, {}),)


@pytest.mark.parametrize("name", ["", "  ", "x@http://", "x@http://u:p@h/v1"])
def test_a_name_that_is_none(name: str) -> None:
    with pytest.raises(ConfigurationError):
        load_catalog().resolve(name)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[tiers\n", "at line 1"),
        ("\n\n[tiers]\nfast = 'a'\nfast = 'b'\nsmart = 'c'", "at line 5"),
        ("[tires]", r"unknown section \[tires\]; did you mean 'tiers'\?"),
        ("[x]", r"unknown section \[x\]; there are tiers, models"),
        ("tiers = 1", r"tiers must be a table, \[tiers\]"),
        ("[tiers]\nfast = 1", r"\[tiers\] fast: a tier is the name of a model, or a list"),
        ("[tiers]\nfast = [1]", r"\[tiers\] fast: a tier is the name of a model, or a list"),
        ("[tiers]\nfast = []", r"\[tiers\] fast: no model is named"),
        ("[tiers]\nfast = ''", r"\[tiers\] fast: no model is named"),
        ("[tiers]\nfast = 'smart'", r"\[tiers\] fast: 'smart' is a tier itself; a tier names models only"),
        ("[tiers]\nfast = 'fast'", r"\[tiers\] fast: 'fast' is a tier itself"),
        ("[tiers]\na = 'b'\nb = ['x', 'a']", r"\[tiers\] a: 'b' is a tier itself"),
        ("[tiers]\nfast = ['a@http://h/v1', 'a@http://h/v1/']", "stands there twice"),
        ("[tiers]\nfast = 'a@http://'", r"\[tiers\] fast: a base URL looks like"),
        ("[tiers]\nFast = 'a'", r"\[tiers\] Fast: the name of a tier is a lower-case word"),
        ("[tiers]\nstore = 'a'", r"\[tiers\] store: this word is taken"),
        ("[tiers]\nforbid-real-models = 'a'", "AGENTCHAT_FORBID_REAL_MODELS means another thing"),
        ("[models.smart]", r'\[models."smart"\] \'smart\' is a tier; settings belong to the models'),
        ("[models]\nx = 1", r'\[models."x"\] must be a table'),
        ("[models.'x@http://']", r'\[models."x@http://"\] a base URL looks like'),
        ("[models.'x@http://h/v1']\n[models.'x@http://h/v1/']", "this model has two tables"),
        ("[models.x]\ntemprature = 1", r'\[models."x"\] unknown key \'temprature\'; did you mean \'temperature\'\?'),
        ("[models.x]\napi_key = 'k'", r'\[models."x"\] api_key: no key goes into a file'),
        ("[models.x]\nbase_url = 'k'", r'\[models."x"\] base_url: the address is part of the name'),
        ("[models.x]\nwindow = 0", r'\[models."x"\] window: Input should be greater than or equal to 1'),
        ("[models.x]\nwindow = '8'", r'\[models."x"\] window: Input should be a valid integer'),
        ("[models.x]\nmax_output = 1.5", r'\[models."x"\] max_output: Input should be a valid integer'),
        ("[models.x]\nstream = 1", r'\[models."x"\] stream: Input should be a valid boolean'),
        ("[models.x]\noutput = 'json'", r'\[models."x"\] output'),
        ("[models.x]\nwire = 'grpc'", r"\[models.\"x\"\] wire: Input should be 'chat' or 'responses'"),
        ("[models.x]\ntemperature = nan", r'\[models."x"\] what no JSON can hold'),
        ("[models.x]\nextra = { day = 2026-01-01 }", r'\[models."x"\] what no JSON can hold'),
        ("[models.x]\nprice = 0.1", r'\[models."x"\] price: write { input = 0.1'),
        ("[models.x]\nprice = 'cheap'", r'\[models."x"\] price: write { input = 0.1'),
        ("[models.x]\nprice = { input = 1 }", r'\[models."x"\] price.output: Field required'),
        ("[models.x]\nprice = { input = -1, output = 1 }", r'\[models."x"\] price.input: Input should be greater'),
        ("[models.x]\nprice = { input = '1', output = 1 }", r'\[models."x"\] price.input: Input should be a valid num'),
        ("[models.x]\nprice = { input = 1, ouput = 1 }", "price: unknown key 'ouput'; did you mean 'output'"),
        ("[models.x]\nprice = { input = 1, output = 1, source = 'me' }", "price: unknown key 'source'"),
        ("[models.x]\nextra = " + "[" * 5000, "nested too deep|at line 2"),
    ],
)
def test_a_wrong_file_is_told_by_place_and_key(text: str, problem: str, place: Path) -> None:
    with pytest.raises(ConfigurationError, match=problem) as caught:
        written(text)
    assert str(caught.value).startswith(str(place / "agentchat.toml"))


def test_a_file_that_is_no_text_or_no_file(place: Path) -> None:
    file = place / "agentchat.toml"
    file.write_bytes(b"\xff")
    with pytest.raises(ConfigurationError, match="it is no UTF-8"):
        load_catalog()
    file.write_bytes(b"#" * (LONGEST + 1))
    with pytest.raises(ConfigurationError, match="more than"):
        load_catalog()
    file.unlink()
    file.mkdir()
    assert load_catalog() == Catalog()


def test_a_file_that_cannot_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGENTCHAT_CONFIG", "/proc/self/mem")  # its first page is not there, for root neither
    with pytest.raises(ConfigurationError, match=r"/proc/self/mem: it cannot be read \(Input/output error\)"):
        load_catalog()


def test_where_the_file_is_looked_for(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here, user = config_places()
    assert config_file() is None
    assert written("[tiers]\nfast = 'of-user'", user).resolve("fast")[0].name == "of-user"
    assert written("[tiers]\nfast = 'of-here'", here).resolve("fast")[0].name == "of-here"
    monkeypatch.setenv("AGENTCHAT_CONFIG", str(place / "other.toml"))
    with pytest.raises(ConfigurationError, match=r"AGENTCHAT_CONFIG names .*other.toml, which is no file"):
        load_catalog()
    assert written("[tiers]\nfast = 'of-other'", place / "other.toml").resolve("fast")[0].name == "of-other"


def test_a_changed_file_is_read_again(place: Path) -> None:
    first = written("[tiers]\nfast = 'a'")
    assert load_catalog() is first
    os.utime(place / "agentchat.toml", ns=(1, 1))
    assert load_catalog() == first
    os.utime(place / "agentchat.toml", ns=(2, 2))
    (place / "new").write_text("[tiers]\nfast = 'b'")
    os.utime(place / "new", ns=(2, 2))
    (place / "new").rename(place / "agentchat.toml")  # the same time and length, another file
    assert load_catalog().resolve("fast")[0].name == "b"


def test_a_path_is_that_of_the_folder_it_was_asked_in(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written("[tiers]\nfast = 'a'")
    (place / "deeper").mkdir()
    monkeypatch.chdir(place / "deeper")
    assert load_catalog() == Catalog()


def test_every_key_is_a_setting_of_the_model() -> None:
    assert set(ModelOptions.__annotations__) <= set(inspect.signature(OpenAIModel).parameters)


def test_every_variable_of_the_package_is_a_tier_or_known_to_be_none() -> None:
    package = Path(inspect.getfile(Catalog)).parents[1]
    text = "".join(path.read_text() for path in package.rglob("*.py"))
    variables = set(re.findall(r"AGENTCHAT_[A-Z][A-Z_]*", text))
    none = {tier_variable(word) for word in NOT_TIERS}
    assert none <= variables <= none | {tier_variable(word) for word in TIERS}


def test_the_old_way_to_ask_knows_the_environment_only(monkeypatch: pytest.MonkeyPatch) -> None:
    assert tier_target("gpt-5") == "gpt-5"
    with pytest.raises(ConfigurationError, match="no model is set for the tier 'fast'"):
        tier_target("fast")
    monkeypatch.setenv("AGENTCHAT_FAST", "a, b")
    assert tier_target("fast") == "a"


def test_home(monkeypatch: pytest.MonkeyPatch) -> None:
    assert home_url() == OPENAI_URL
    monkeypatch.setenv("OPENAI_BASE_URL", " http://127.0.0.1:1/v1 ")
    assert home_url() == "http://127.0.0.1:1/v1"
