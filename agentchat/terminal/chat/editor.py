"""Writing a text in the user's own editor."""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from pathlib import Path
from typing import Final

from agentchat.errors import ConfigurationError

USUAL: Final = ("editor", "nano", "vi")


def write(text: str, suffix: str = ".md") -> str | None:
    """The text as the editor left it; None where the editor failed. Raises ConfigurationError where there is none."""
    chosen = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    commands = [shlex.split(chosen)] if chosen else [[name] for name in USUAL]
    with tempfile.TemporaryDirectory(prefix="agentchat-") as folder:
        path = Path(folder, f"message{suffix}")
        path.write_text(text)
        for command in commands:
            try:
                code = subprocess.run([*command, str(path)], check=False).returncode
            except OSError:
                continue
            return path.read_text(errors="replace").rstrip("\n") if code == 0 else None
    raise ConfigurationError("no editor could be started; set EDITOR")
