"""A switch that keeps tests and examples from reaching a real model by accident. It knows addresses, and nothing else.

It holds for the whole process, threads included. The environment variable AGENTCHAT_FORBID_REAL_MODELS sets it from
outside: `1` forbids every call, `loopback` all but those to this machine; what the code says wins over it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from typing import Final, Literal
from urllib.parse import urlsplit

from agentchat.errors import RealModelForbidden

VARIABLE: Final = "AGENTCHAT_FORBID_REAL_MODELS"
_Rule = Literal["environment", "allow", "loopback", "forbid"]
_rule: _Rule = "environment"


def forbid_real_models(*, loopback: bool = False) -> None:
    """From now on every call of a model behind a network fails; with `loopback`, those to this machine may pass."""
    _set("loopback" if loopback else "forbid")


def allow_real_models() -> None:
    """From now on calls may pass, whatever the environment says."""
    _set("allow")


@contextmanager
def real_models_forbidden(*, loopback: bool = False) -> Iterator[None]:
    """`forbid_real_models` for a block of code; what held before holds again afterwards."""
    before = _rule
    forbid_real_models(loopback=loopback)
    try:
        yield
    finally:
        _set(before)


def check_allowed(base_url: str) -> None:
    """Raise RealModelForbidden when a call to this address may not be made."""
    rule = _environment() if _rule == "environment" else _rule
    if rule == "allow" or (rule == "loopback" and is_loopback(base_url)):
        return
    raise RealModelForbidden(
        f"a call to {base_url} was stopped: real models are switched off here. Use a ScriptedModel or FunctionModel, "
        f"or allow it with allow_real_models() (and without {VARIABLE} in the environment)"
    )


def is_loopback(base_url: str) -> bool:
    """Whether an address is on this machine by its name alone: localhost, 127.0.0.0/8 or ::1."""
    host = urlsplit(base_url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _environment() -> _Rule:
    value = os.environ.get(VARIABLE, "").strip().lower()
    if value in ("", "0", "false", "no"):
        return "allow"
    return "loopback" if value == "loopback" else "forbid"


def _set(rule: _Rule) -> None:
    global _rule
    _rule = rule
