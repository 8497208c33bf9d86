"""Options that several commands share. Nothing heavier than typer may be imported here."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

StorePath: TypeAlias = Annotated[
    Path | None, typer.Option("--store", help="The store to look in, instead of your own.")
]
MaxTurns: TypeAlias = Annotated[
    int | None, typer.Option("--max-turns", min=1, metavar="N", help="End a run after so many turns.")
]
Calls: TypeAlias = Annotated[
    int | None, typer.Option("--calls", min=1, metavar="N", help="Model calls of a run, at most.")
]
Tokens: TypeAlias = Annotated[
    int | None, typer.Option("--tokens", min=1, metavar="N", help="Tokens of a run, in and out together, at most.")
]
Usd: TypeAlias = Annotated[
    float | None, typer.Option("--usd", metavar="X", help="US dollars of a run, at most; no call goes beyond.")
]
Seconds: TypeAlias = Annotated[
    float | None, typer.Option("--seconds", metavar="S", help="Seconds that a run may be active.")
]
Trust: TypeAlias = Annotated[
    bool, typer.Option("--trust", help="Load code that files or records name by import path (module:name).")
]
UnsafeHost: TypeAlias = Annotated[
    bool, typer.Option("--unsafe-host", help="Let programs run without a sandbox, where that is asked for.")
]
Park: TypeAlias = Annotated[
    bool,
    typer.Option("--park", help="Leave questions to people open and let go: answer them with `agentchat answer`."),
]
