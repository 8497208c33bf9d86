"""What the user calls the models: tiers, and how each model is to be asked, from `agentchat.toml` and the environment.

    [tiers]
    fast = "gpt-4.1-mini"
    smart = ["gpt-5", "qwen3@http://127.0.0.1:8080/v1"]         # the next one is asked where one fails

    [models."qwen3@http://127.0.0.1:8080/v1"]
    output = "tool"                # native | tool | prompted | auto: how typed answers are asked for
    window = 32768                 # tokens of input and output together
    max_output = 4096              # tokens of one answer
    wire = "responses"             # chat | responses
    price = { input = 0.1, output = 0.4, cached_input = 0.01 }  # US dollars for a million tokens; or "free"
    temperature = 0.2              # and every other setting of OpenAIModel

The environment wins over the file (AGENTCHAT_SMART for the tier "smart", AGENTCHAT_MODEL for all; a comma parts what
the file has as a list). A tier names models, never tiers. No key may stand here: the file may be a stranger's, or be
shown to one.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Collection, Iterable, Mapping
from copy import deepcopy
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Final, NamedTuple

from agentchat.errors import ConfigurationError
from agentchat.models.options import ModelOptions, nearest, options_of
from agentchat.models.settings import split_name
from agentchat.settings import (
    CONFIG_FILE,
    NOT_TIERS,
    TIERS,
    config_file,
    no_model,
    tier_in_environment,
    tier_variable,
    tiers_in_environment,
)

LONGEST: Final = 1024 * 1024
"""Bytes of a settings file."""

SECTIONS: Final = ("tiers", "models")

_TIER: Final = re.compile(r"[a-z][a-z0-9_-]*")
_WORD: Final = re.compile(r"[A-Za-z_-]+")


class Choice(NamedTuple):
    """A model to ask: its name (with its address, if it has one), the tier that led to it, and its settings."""

    name: str
    tier: str | None
    options: ModelOptions


class Mapped(NamedTuple):
    """The models of a tier in the order they are asked, and what says so: a variable, or the path of the file."""

    models: tuple[str, ...]
    origin: str


class Catalog(NamedTuple):
    """What a settings file says; `path` is None where there is none. The environment is read with each question."""

    path: Path | None = None
    tiers: Mapping[str, tuple[str, ...]] = MappingProxyType({})
    models: Mapping[str, ModelOptions] = MappingProxyType({})

    def known_tiers(self) -> tuple[str, ...]:
        """The tiers that always exist, those of the file, and those that AGENTCHAT_<WORD> alone makes one."""
        known = tuple(dict.fromkeys((*TIERS, *self.tiers)))
        theirs = {tier_variable(tier) for tier in known}
        return (*known, *(word for word in tiers_in_environment() if tier_variable(word) not in theirs))

    def mapping(self, tier: str) -> Mapped | None:
        """What a tier stands for, or None where nothing says so. Raises ConfigurationError for what is no model."""
        found = tier_in_environment(tier)
        if found is not None:
            variable, value = found
            return Mapped(_models(value.split(","), f"{variable}:", self.known_tiers()), variable)
        if tier in self.tiers:
            # checked again, since the environment may have made a tier of one of the names
            where = f"{self.path}: [tiers] {tier}:"
            return Mapped(_models(self.tiers[tier], where, self.known_tiers()), str(self.path))
        return None

    def resolve(self, name: str) -> tuple[Choice, ...]:
        """The models that a name stands for, at least one, in the order they are asked: a tier's, or the one it names.

        Raises ConfigurationError for a tier that is mapped to nothing, a name that is none, and what looks like a tier
        misspelt.
        """
        if name in self.known_tiers():
            mapped = self.mapping(name)
            if mapped is None:
                raise no_model(name)
            return tuple(Choice(one, name, self.options(one)) for one in mapped.models)
        one = _normal(name)
        near = get_close_matches(name.lower(), self.known_tiers(), 1, 0.8) if _WORD.fullmatch(name) else ()
        if near and one not in self.models:
            raise ConfigurationError(
                f"there is no tier {name!r}; did you mean {near[0]!r}? A model of that name needs a table "
                f'[models."{name}"] in {CONFIG_FILE}'
            )
        return (Choice(one, None, self.options(one)),)

    def options(self, model: str) -> ModelOptions:
        """The settings of a model, by its full name. The caller may change what it gets."""
        return deepcopy(self.models[model]) if model in self.models else ModelOptions()


def load_catalog() -> Catalog:
    """The settings file in use (see `settings.config_file`), read again when it has changed.

    Raises ConfigurationError that names the file and what is wrong in it.
    """
    path = config_file()
    if path is None:
        return Catalog()
    try:
        path = path.absolute()
        stat = path.stat()
        return _read(path, stat.st_mtime_ns, stat.st_size, stat.st_ino)
    except OSError as error:
        raise ConfigurationError(f"{path}: it cannot be read ({error.strerror})") from None


@lru_cache(maxsize=8)
def _read(path: Path, _mtime_ns: int, size: int, _inode: int) -> Catalog:
    if size > LONGEST:
        raise ConfigurationError(f"{path}: a settings file of more than {LONGEST} bytes is none")
    try:
        document = tomllib.loads(path.read_bytes().decode())
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{path}: {error}") from None
    except (UnicodeDecodeError, RecursionError) as error:
        what = "nested too deep" if isinstance(error, RecursionError) else "no UTF-8"
        raise ConfigurationError(f"{path}: it is {what}") from None
    return parse_catalog(document, path)


def parse_catalog(document: Mapping[str, object], path: Path) -> Catalog:
    """A catalogue from a settings file that was read. Raises ConfigurationError."""
    for key in document:
        if key not in SECTIONS:
            raise ConfigurationError(f"{path}: unknown section [{key}]{nearest(key, SECTIONS)}")
    tiers = _section(document, "tiers", path)
    named = {*TIERS, *tiers}
    models: dict[str, ModelOptions] = {}
    for name, table in _section(document, "models", path).items():
        where = f"{path}: [models.{json.dumps(name, ensure_ascii=False)}]"
        if name in named:
            raise ConfigurationError(f"{where} {name!r} is a tier; settings belong to the models it names")
        full = _normal(name, where)
        if full in models:
            raise ConfigurationError(f"{where} this model has two tables")
        models[full] = options_of(table, where)
    return Catalog(
        path,
        MappingProxyType({tier: _tier(tier, value, named, path) for tier, value in tiers.items()}),
        MappingProxyType(models),
    )


def _section(document: Mapping[str, object], name: str, path: Path) -> Mapping[str, object]:
    section = document.get(name, {})
    if not isinstance(section, dict):
        raise ConfigurationError(f"{path}: {name} must be a table, [{name}]")
    return section


def _tier(tier: str, value: object, named: set[str], path: Path) -> tuple[str, ...]:
    where = f"{path}: [tiers] {tier}"
    if not _TIER.fullmatch(tier):
        raise ConfigurationError(f'{where}: the name of a tier is a lower-case word, as in "fast" or "very-smart"')
    if tier.replace("-", "_") in NOT_TIERS:
        raise ConfigurationError(f"{where}: this word is taken, for {tier_variable(tier)} means another thing")
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ConfigurationError(f"{where}: a tier is the name of a model, or a list of such names")
    return _models(names, f"{where}:", named)


def _models(names: Iterable[str], where: str, tiers: Collection[str]) -> tuple[str, ...]:
    """Names of models, checked. `where` is what says so."""
    found: list[str] = []
    for name in (name.strip() for name in names):
        if not name:
            continue
        if name in tiers:
            raise ConfigurationError(f"{where} {name!r} is a tier itself; a tier names models only")
        full = _normal(name, where)
        if full in found:
            raise ConfigurationError(f"{where} {name!r} stands there twice")
        found.append(full)
    if not found:
        raise ConfigurationError(f"{where} no model is named")
    return tuple(found)


def _normal(name: str, where: str = "") -> str:
    """The name as `OpenAIModel` has it: the address checked, without a slash at its end."""
    try:
        model, url = split_name(name, None)
    except ConfigurationError as error:
        raise ConfigurationError(f"{where} {error}" if where else str(error)) from None
    return model if url is None else f"{model}@{url}"
