"""`agentchat models`: what it says of tiers, prices and servers. The command is called as a function."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from agentchat.cli.model_text import SHOWN, price_text
from agentchat.cli.models import models
from agentchat.errors import ConfigurationError
from agentchat.policy.spending.prices import FREE, Price, Step
from tests.models.test_servers import serving


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place with no settings, which the process works in."""
    for name in [name for name in os.environ if name.startswith(("AGENTCHAT_", "OPENAI_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def told(capsys: pytest.CaptureFixture[str]) -> str:
    models()
    said = capsys.readouterr()
    assert said.err == ""
    return said.out


def test_nothing_is_set(capsys: pytest.CaptureFixture[str], place: Path) -> None:
    out = told(capsys)
    lines = out.splitlines()
    assert len(lines) == 5
    assert lines[0] == "Nothing is set. Do one of these:"
    assert str(place / "config" / "agentchat") in lines[3]


def test_a_bare_key(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret-of-mine")
    out = told(capsys)
    assert "key: OPENAI_API_KEY is set" in out
    assert "smart (by OPENAI_API_KEY)\n  gpt-4.1-mini\n    $0.40 in, $1.60 out a million; window 1,000,000 " in out
    assert "fast (by OPENAI_API_KEY)\n  gpt-4.1-mini\n" in out
    assert "secret" not in out
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:1/v1")
    assert "smart (not set)" in told(capsys)


def test_all_of_it(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    with serving(b'{"data":[{"id":"qwen3"},{"id":"x\\u001b[2J"}]}') as server, serving(None) as silent:
        silent.over.set()  # hangs up without an answer
        (place / "agentchat.toml").write_text(
            f'[tiers]\nsmart = ["gpt-5", "qwen3@{server.url}", "other@{server.url}"]\n'
            f'[models."qwen3@{server.url}"]\noutput = "tool"\nwindow = 32768\nprice = "free"\nwire = "responses"\n'
            f'[models."spare@{silent.url}"]\nprice = {{ input = 0.1, output = 0.4 }}\n'
        )
        monkeypatch.setenv("AGENTCHAT_FAST", "gpt-99")
        out = told(capsys)
        models(json_=True)
        data = json.loads(capsys.readouterr().out)
    assert f"settings: {place / 'agentchat.toml'}" in out
    assert "fast (by AGENTCHAT_FAST)\n  gpt-99\n    price unknown; window unknown; chat; typed answers: auto\n" in out
    assert f"smart (by {place / 'agentchat.toml'})\n  gpt-5\n    $1.25 in, $10.00 out a million; window 400,000 " in out
    assert (
        f"  qwen3@{server.url}\n    free; window 32,768 tokens; responses; typed answers: tool\n"
        f"  other@{server.url}\n    price unknown; window unknown; chat; typed answers: auto\n"
        "    its server does not name it among its models\n"
    ) in out
    assert f"in no tier\n  spare@{silent.url}\n    $0.10 in, $0.40 out a million; window unknown;" in out
    assert f"{server.url}\n  2 models: qwen3, x␛[2J\n" in out
    assert f"{silent.url}\n  no answer (" in out
    assert "\x1b" not in out

    assert data["settings"] == str(place / "agentchat.toml")
    assert data["key"] is False
    assert [(tier["tier"], tier["origin"]) for tier in data["tiers"]] == [
        ("fast", "AGENTCHAT_FAST"),
        ("smart", str(place / "agentchat.toml")),
    ]
    assert data["tiers"][1]["models"][1] == {
        "name": f"qwen3@{server.url}",
        "price": {"input": 0.0, "output": 0.0, "steps": [], "source": "free"},
        "window": 32768,
        "output": "tool",
        "wire": "responses",
    }
    assert data["models"][0]["price"]["source"] == "agentchat.toml"
    assert data["servers"][0] == {"url": server.url, "models": ["qwen3", "x\x1b[2J"], "problem": None}
    assert data["servers"][1]["models"] is None


def test_only_servers_of_the_settings_are_asked(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(b'{"data":[]}') as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-mine")
        monkeypatch.setenv("AGENTCHAT_MODEL", "qwen3")
        assert f"{server.url}\n  0 models\n" in told(capsys)
        assert server.requests == [("/v1/models", "Bearer sk-mine")]
    monkeypatch.delenv("OPENAI_BASE_URL")
    assert "api.openai.com" not in told(capsys)


def test_a_long_list_is_cut(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    body = json.dumps({"data": [{"id": f"m{number}"} for number in range(SHOWN + 3)]}).encode()
    with serving(body) as server:
        monkeypatch.setenv("AGENTCHAT_MODEL", f"m1@{server.url}")
        assert f"{SHOWN + 3} models: m0, m1, " in (out := told(capsys))
        assert out.endswith(f"m{SHOWN - 1} and 3 more\n")


def test_wrong_settings_are_an_error(place: Path) -> None:
    (place / "agentchat.toml").write_text("[tiers]\nfast = 'smart'")
    with pytest.raises(ConfigurationError, match="is a tier itself"):
        models()


def test_a_price_on_a_line() -> None:
    assert price_text(None) == "price unknown"
    assert price_text(FREE) == "free"
    step = Step(above=272000, input=4.0, output=15.0)
    price = Price(input=2.0, output=0.0125, steps=(step,), call=0.005, source="t")
    assert price_text(price) == (
        "$2.00 in, $0.0125 out a million, above 272,000 tokens $4.00 in, $15.00 out and $0.005 a call"
    )
