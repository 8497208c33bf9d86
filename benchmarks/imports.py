"""What a start costs: importing the face, and the command's help."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

from benchmarks.report import Row

FACE = "from agentchat import Assistant, Conversation, MaxTurns"
GROUND = "import anyio, pydantic; pydantic.create_model('One', value=(int, 1))"
"""What the face stands on, in its least form."""


def _median_ms(*command: str) -> float:
    timings = []
    for _ in range(7):
        start = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        timings.append((time.perf_counter() - start) * 1e3)
    return statistics.median(timings)


def rows() -> list[Row]:
    floor = _median_ms(sys.executable, "-c", "pass")
    ground = _median_ms(sys.executable, "-c", GROUND)
    face = _median_ms(sys.executable, "-c", FACE)
    usage = _median_ms(sys.executable, "-m", "agentchat", "--help")
    return [
        Row(FACE, face, "ms", ground, "pydantic with one class, and anyio", "below 250 ms"),
        Row("agentchat --help", usage, "ms", floor, "an empty start", "below 200 ms"),
    ]
