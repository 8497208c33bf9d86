"""The floors: which room may import which, what the pure rooms may touch, and a few habits that a test can hold."""

from __future__ import annotations

import ast
import inspect
import re
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any, NamedTuple, Protocol, get_args

import pytest

import agentchat
from agentchat import errors, seams
from agentchat.transcript import events
from agentchat.transcript.events import Event
from agentchat.transcript.frozen import Frozen

ROOT = Path(agentchat.__file__).parent
FLOORS: tuple[tuple[str, ...], ...] = (
    ("errors", "redact"),
    ("settings", "textfile"),
    ("personas",),
    ("transcript",),
    ("policy",),
    ("debug",),
    ("seams",),
    ("buses", "stores", "sandboxes", "tools", "models"),
    ("agents",),
    ("runtime",),
    ("result",),
    ("routing",),
    ("history",),
    ("forking",),
    ("run", "catalogue"),
    ("kept",),
    ("nested", "agreeing"),
    ("conversation",),
    ("demo",),
    ("teams",),
    ("rechecking",),
    ("exchange", "report"),
    ("terminal",),
    ("cli",),
)
"""From the ground up. A module may import from its own room and from the floors below it."""
APART = {("runtime", "agents")}
"""A room that could import from another by its floor, and is to know nothing of it."""
EXEMPT = {"agentchat", "agentchat.__main__", "agentchat.pytest_plugin"}
LAZY = {"openai", "httpx2", "pydantic_monty", "yaml", "genai_prices", "xllamacpp", "markdown_it", "platformdirs"}
PURE = ("transcript", "policy", "debug")
IMPURE = {
    "time", "random", "secrets", "os", "socket", "subprocess", "threading", "asyncio", "multiprocessing", "tempfile",
    "shutil", "ssl", "urllib", "http", "select", "signal", "sqlite3", "pickle", "importlib", "uuid", "datetime",
}  # fmt: skip
PATHS = {"agentchat.transcript.transcript", "agentchat.debug.replay", "agentchat.debug.source"}


class Import(NamedTuple):
    module: str
    target: str
    line: int
    local: bool

    def __str__(self) -> str:
        return f"{self.module}:{self.line} imports {self.target}"


def name_of(path: Path) -> str:
    parts = ["agentchat", *path.relative_to(ROOT).with_suffix("").parts]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(path): ast.parse(path.read_text(), str(path)) for path in sorted(ROOT.rglob("*.py"))}


def imports_in(module: str, tree: ast.Module) -> Iterator[Import]:
    inside = {
        id(node)
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for node in ast.walk(function)
    }
    for node in ast.walk(tree):
        local = id(node) in inside
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(module, alias.name, node.lineno, local)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}:{node.lineno}: imports are written in full"
            assert node.module is not None
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield Import(module, whole if whole in MODULES else node.module, node.lineno, local)


IMPORTS = [one for module, tree in MODULES.items() for one in imports_in(module, tree)]
OWN = [one for one in IMPORTS if one.target.split(".")[0] == "agentchat"]


def room(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


def floor(module: str) -> int:
    return next(height for height, rooms in enumerate(FLOORS) if room(module) in rooms)


def test_every_module_has_its_room() -> None:
    known = {one for rooms in FLOORS for one in rooms}
    assert [module for module in MODULES if module not in EXEMPT and room(module) not in known] == []


def test_imports_run_down_only() -> None:
    up = [
        str(one)
        for one in OWN
        if one.module not in EXEMPT
        and one.target not in EXEMPT
        and room(one.module) != room(one.target)
        and floor(one.target) >= floor(one.module)
    ]
    assert up == []


def test_some_rooms_know_nothing_of_each_other() -> None:
    assert [str(one) for one in OWN if (room(one.module), room(one.target)) in APART] == []


def test_nobody_below_the_commands_imports_the_face() -> None:
    found = [
        str(one) for one in OWN if one.target == "agentchat" and room(one.module) != "cli" and one.module not in EXEMPT
    ]
    assert found == []


def test_there_are_no_circles() -> None:
    graph: dict[str, set[str]] = {module: set() for module in MODULES}
    for one in OWN:
        if one.module != one.target and not one.local:
            graph[one.module].add(one.target)
    list(TopologicalSorter(graph).static_order())


def test_there_are_no_imports_for_type_checkers_only() -> None:
    found = [
        module
        for module, tree in MODULES.items()
        for node in ast.walk(tree)
        if "TYPE_CHECKING" in (getattr(node, "id", None), getattr(node, "attr", None), getattr(node, "name", None))
    ]
    assert found == []


def test_only_named_imports_are_lazy() -> None:
    found = [
        str(one)
        for one in IMPORTS
        if one.local and room(one.module) != "cli" and one.module not in EXEMPT and one.target.split(".")[0] not in LAZY
    ]
    assert found == []


def test_the_pure_rooms_touch_nothing_outside() -> None:
    found = []
    for one in IMPORTS:
        if room(one.module) not in PURE:
            continue
        top = one.target.split(".")[0]
        allowed = (
            room(one.target) in (*PURE, "errors")
            if top == "agentchat"
            else top in ("pydantic", "pydantic_core", "typing_extensions")
            or (top in sys.stdlib_module_names and top not in IMPURE and (top != "pathlib" or one.module in PATHS))
        )
        if not allowed:
            found.append(str(one))
    assert found == []


def test_the_pure_rooms_open_and_print_nothing() -> None:
    found = [
        f"{module}:{node.lineno} calls {node.func.id}"
        for module, tree in MODULES.items()
        if room(module) in PURE
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in ("open", "print", "input", "eval", "exec", "compile", "__import__")
    ]
    assert found == []


def test_the_face_is_sorted_and_says_what_its_stub_says() -> None:
    stub = ast.parse((ROOT / "__init__.pyi").read_text())
    homes = {
        alias.asname: node.module for node in stub.body if isinstance(node, ast.ImportFrom) for alias in node.names
    }
    assert list(agentchat.__all__) == sorted(set(agentchat.__all__)) == sorted(str(name) for name in homes)
    listed = next(node.value for node in stub.body if isinstance(node, ast.Assign))
    assert sorted(ast.literal_eval(listed)) == agentchat.__all__  # for type checkers: `from agentchat import *`
    for name, home in homes.items():
        assert getattr(agentchat, str(name)) is getattr(sys.modules[str(home)], str(name))
    assert set(agentchat.__all__) <= set(dir(agentchat))
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        _ = agentchat.Nothing  # type: ignore[attr-defined]  # that is what is tried


def protocols() -> list[type[Any]]:
    return [one for _, one in inspect.getmembers(seams, inspect.isclass) if Protocol in one.__mro__ and _is_own(one)]


def _is_own(one: type[Any]) -> bool:
    return one.__module__ == seams.__name__ and bool(getattr(one, "_is_protocol", False))


def test_a_seam_has_one_to_three_methods() -> None:
    large = {}
    for one in protocols():
        own = [
            name
            for name, value in vars(one).items()
            if callable(value) and name not in ("__init__", "__subclasshook__")
        ]
        own = [name for name in own if not name.startswith("_") or name in ("__aiter__", "__call__")]
        if one is not seams.Turn and not 1 <= len(own) <= 3:
            large[one.__name__] = own
    assert len(protocols()) > 8
    assert large == {}


def test_nothing_is_left_to_do() -> None:
    marks = ("TO" + "DO", "FIX" + "ME")
    found = [
        str(path)
        for path in ROOT.rglob("*")
        if path.suffix in (".py", ".pyi")
        for mark in marks
        if mark in path.read_text()
    ]
    assert found == []


def test_every_event_kind_is_in_the_union_once() -> None:
    classes = [one for _, one in inspect.getmembers(events, inspect.isclass) if issubclass(one, Frozen)]
    named = [one for one in classes if "kind" in one.model_fields]
    assert sorted(one.__name__ for one in named) == sorted(one.__name__ for one in get_args(Event))
    assert len({one.model_fields["kind"].default for one in named}) == len(named)


def test_every_error_stands_in_the_tree() -> None:
    drawn: list[tuple[str, str]] = []
    path: list[str] = []
    for line in inspect.cleandoc(errors.__doc__ or "").splitlines():
        name = line.replace("│", " ").replace("├──", "   ").replace("└──", "   ")
        word = name.strip().split(" ")[0]
        if not word or not hasattr(errors, word):
            continue
        depth = (len(name) - len(name.lstrip())) // 4
        path[depth:] = [word]
        drawn.append((word, path[depth - 1] if depth else "Exception"))
    real = [
        (name, one.__bases__[0].__name__)
        for name, one in inspect.getmembers(errors, inspect.isclass)
        if one.__module__ == errors.__name__
    ]
    assert sorted(drawn) == sorted(real)
    assert {parent for _, parent in drawn} - {name for name, _ in drawn} == {"Exception"}


MADE = (
    "Assistant", "Budget", "CallLimits", "ContextPolicy", "Conversation", "Edge", "FunctionModel", "Graph", "Handoffs",
    "Limits", "OpenAIModel", "Price", "Question", "ScriptedModel", "Selector", "Supervisor", "UserProxy", "agent",
    "tool",
)  # fmt: skip
"""What a program makes or is asked for by its settings."""
PLAIN = ("name", "description", "rule")
"""Arguments that say what they are."""


def test_the_settings_of_what_a_program_makes_are_explained() -> None:
    missing = []
    for name in MADE:
        made = getattr(agentchat, name)
        told = f"{made.__doc__} {agentchat.Assistant.__doc__ if name == 'Supervisor' else ''}"
        for setting in inspect.signature(made).parameters:
            if setting not in PLAIN and not re.search(rf"\b{setting}\b", told):
                missing.append(f"{name}: {setting}")
    assert missing == []


def test_no_text_of_the_package_sends_to_papers_that_are_not_here() -> None:
    assert [str(path) for path in sorted(ROOT.rglob("*.py")) if re.search(r"\bDESIGN\b", path.read_text())] == []
