"""The switch that keeps tests from real models."""

from __future__ import annotations

import pytest

from agentchat.errors import RealModelForbidden
from agentchat.models.forbid import (
    VARIABLE,
    allow_real_models,
    check_allowed,
    forbid_real_models,
    is_loopback,
    real_models_forbidden,
)

HERE = "http://127.0.0.1:8080/v1"
THERE = "https://api.openai.com/v1"


def passes(address: str) -> bool:
    try:
        check_allowed(address)
    except RealModelForbidden:
        return False
    return True


def test_the_switch_and_its_block() -> None:
    forbid_real_models()
    assert (passes(HERE), passes(THERE)) == (False, False)
    with real_models_forbidden(loopback=True):
        assert (passes(HERE), passes(THERE)) == (True, False)
    assert (passes(HERE), passes(THERE)) == (False, False)
    allow_real_models()
    assert (passes(HERE), passes(THERE)) == (True, True)


@pytest.mark.parametrize(
    ("value", "here", "there"),
    [("", True, True), ("0", True, True), ("1", False, False), ("loopback", True, False), ("anything", False, False)],
)
def test_the_environment(monkeypatch: pytest.MonkeyPatch, value: str, here: bool, there: bool) -> None:
    monkeypatch.setenv(VARIABLE, value)
    monkeypatch.setattr("agentchat.models.forbid._rule", "environment")
    assert (passes(HERE), passes(THERE)) == (here, there)
    allow_real_models()
    assert (passes(HERE), passes(THERE)) == (True, True)


@pytest.mark.parametrize(
    ("address", "loopback"),
    [
        (HERE, True),
        ("http://localhost/v1", True),
        ("http://[::1]:1/v1", True),
        ("http://127.9.9.9/v1", True),
        (THERE, False),
        ("http://localhost.example.com/v1", False),
        ("http://127.0.0.1.example.com/v1", False),
        ("http://127.0.0.1@example.com/v1", False),
        ("http://192.168.0.1/v1", False),
        ("", False),
    ],
)
def test_what_is_on_this_machine(address: str, loopback: bool) -> None:
    assert is_loopback(address) is loopback
