"""Which languages can be run, and by which command. No process is started here."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from agentchat.transcript.messages import CodeRun


class Program(NamedTuple):
    """How a language is run: the file its source goes to, its interpreter, and the options in front of the file."""

    interpreter: str
    file: str
    options: tuple[str, ...]


# -I: no environment variables, no user site, no script directory on the path (a planted json.py is not imported).
# -u: what was printed before a kill has been written, and both streams keep their order.
PYTHON = Program("python", "main.py", ("-I", "-u", "-X", "utf8"))
BASH = Program("bash", "main.sh", ("--noprofile", "--norc"))
SH = Program("sh", "main.sh", ())

PROGRAMS = {"python": PYTHON, "python3": PYTHON, "py": PYTHON, "bash": BASH, "sh": SH, "shell": SH}
"""Every name a code fence may carry, lower case, and what it stands for."""


def find(language: str, known: Iterable[str]) -> Program | None:
    """The program for a language, in any case, or None where it is not among the known ones."""
    name = language.strip().lower()
    return PROGRAMS.get(name) if name in known else None


def unsupported(language: str, sandbox: str, known: Iterable[str]) -> CodeRun:
    """The result of a language that cannot run: nothing ran."""
    names = ", ".join(sorted(known))
    return CodeRun(language=language, status="unsupported", detail=f"the sandbox {sandbox!r} runs {names}")
