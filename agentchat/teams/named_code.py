"""Code that a file names: tools and message types, found by name without running a stranger's program.

A plain name is that of an installed tool (an entry point of the group `agentchat.tools`) or of a built-in message type.
`module:name` is code of the file's own choice: it is imported only where the user said that the file is trusted, since
importing runs it. It is looked for where Python looks, then in the file's own folder.
"""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Iterable
from difflib import get_close_matches
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any, Final

from agentchat.agents.types import BUILT_IN, kinds_of
from agentchat.errors import ConfigurationError
from agentchat.seams import Tool
from agentchat.tools.function import tool_for
from agentchat.transcript.transcript import Message

GROUP: Final = "agentchat.tools"
"""The entry points that are tools: a typed function, or what `tool(...)` makes, under the name files call it by."""

TYPES: Final[dict[str, type]] = {"str": str, "Message": Message, **BUILT_IN}
"""Message types that need no import."""

_IMPORT: Final = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*")


class NamedCode:
    """Finds what files name. trust: whether `module:name` may be imported."""

    def __init__(self, *, trust: bool = False) -> None:
        self.trust = trust
        self._installed: dict[str, EntryPoint] | None = None

    def installed(self) -> dict[str, EntryPoint]:
        """The installed tools by name. None of them is loaded by this."""
        if self._installed is None:
            self._installed = {point.name: point for point in entry_points(group=GROUP)}
        return self._installed

    def tool(self, name: str, folder: Path | None = None) -> Tool:
        """A tool by name or import path. Raises ConfigurationError that says what is wrong, not where."""
        if ":" in name:
            return tool_for(self.thing(name, folder))
        point = self.installed().get(name)
        if point is None:
            known = self.installed()
            told = f"there is no installed tool {name!r}{_nearest(name, known)}"
            raise ConfigurationError(f"{told}; a tool of your own is written module:function, with --trust")
        try:
            found = point.load()
        except (Exception, SystemExit) as error:
            raise ConfigurationError(f"the installed tool {name!r} cannot be loaded: {_told(error)}") from None
        return tool_for(found)

    def kind(self, name: str, folder: Path | None = None) -> type:
        """A message type by name or import path. Raises ConfigurationError that says what is wrong, not where."""
        if ":" not in name:
            if name not in TYPES:
                told = f"there is no message type {name!r}{_nearest(name, TYPES)}"
                raise ConfigurationError(f"{told}; a type of your own is written module:Class, with --trust")
            return TYPES[name]
        return kinds_of(self.thing(name, folder), name)[0]

    def thing(self, path: str, folder: Path | None) -> Any:
        """What an import path names."""
        if not _IMPORT.fullmatch(path):
            raise ConfigurationError(f"{path!r} is no import path; one looks like package.module:name")
        if not self.trust:
            raise ConfigurationError(
                f"{path!r} is code, and would be run; if you trust the file that names it, add --trust "
                "(in Python: trust=True)"
            )
        module, _, names = path.partition(":")
        found: Any = _imported(module, folder)
        for name in names.split("."):
            if not hasattr(found, name):
                public = [one for one in vars(found) if not one.startswith("_")]
                raise ConfigurationError(f"{module} has no {name!r}{_nearest(name, public, all_known=False)}")
            found = getattr(found, name)
        return found


def _imported(module: str, folder: Path | None) -> object:
    place = None if folder is None else str(folder.resolve())
    if place is not None and place not in sys.path:
        # Behind everything else: a file of this folder takes the place of no module that Python or the package has.
        sys.path.append(place)
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is not None and (module == error.name or module.startswith(f"{error.name}.")):
            looked = "" if place is None else f" (nor in {place})"
            raise ConfigurationError(f"there is no module {error.name!r} where Python looks{looked}") from None
        raise ConfigurationError(f"the module {module!r} cannot be imported: {_told(error)}") from None
    except (Exception, SystemExit) as error:
        raise ConfigurationError(f"the module {module!r} cannot be imported: {_told(error)}") from None


def _told(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"


def _nearest(name: str, known: Iterable[str], *, all_known: bool = True) -> str:
    names = tuple(known)
    near = get_close_matches(name, names, 1, 0.6)
    if near:
        return f"; did you mean {near[0]!r}?"
    return f" (there are: {', '.join(names) or 'none'})" if all_known else ""
