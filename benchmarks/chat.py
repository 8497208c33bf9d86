"""The chat on a real pseudo-terminal while a model streams: what it costs, how soon a key is echoed, how soon it stops.

The model is a server on loopback that sends 100 kB of Markdown, a few characters at a time. What the terminal costs is
the processor time of the chat, less that of a program that takes the same answer in without showing it.
"""

from __future__ import annotations

import os
import pty
import select
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.report import Row
from tests.servers.fake_openai import EVENTS, Behaviour, Exchange, FakeServer, text_events

SIZE = 100_000
PIECE = 5
SECONDS = 40.0
"""How long the answer takes to arrive: 500 pieces a second, as a fast service sends them."""
LETTERS = "жшюяфдгбцчщъ"
"""Typed; none of them is in the answer."""
TICK = os.sysconf("SC_CLK_TCK")
PARAGRAPH = (
    "## A HEADING\n\nSOME **PROSE** WITH `CODE` IN IT, LONG ENOUGH TO BE BROKEN BETWEEN TWO WORDS, AND A [LINK](URL) "
    "TOO.\n\n- AN ITEM\n- ANOTHER ONE WITH *MORE* WORDS\n\n"
    "```python\nFOR X IN RANGE(10):\n    PRINT(X)  # COMMENT\n```\n\n"
)
BARE = """
import os, tty
tty.setraw(0)
os.write(1, b"ready")
while True:
    os.write(1, os.read(0, 100))
"""
WITHOUT = """
import sys, anyio, os
from agentchat import Assistant, Conversation, MaxTurns
async def main():
    chat = Conversation([Assistant("a", model=sys.argv[1])], until=MaxTurns(1), store=sys.argv[2])
    async with chat.open("go") as run:
        before = os.times()
        async for item in run:
            pass
    after = os.times()
    print(after.user - before.user + after.system - before.system)
anyio.run(main)
"""


def rows() -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        plain = without_terminal(folder)
        spent, echoes = streamed(folder)
        stops = stopped(folder)
    floor = at99(bare())
    share = (spent - plain) / SECONDS * 100
    return [
        Row("chat: 100 kB of Markdown, beyond the model", share, "% core", aim="< 15"),
        Row("chat: the same without a terminal", plain / SECONDS * 100, "% core"),
        Row("chat: key echoed while it streams, median", statistics.median(echoes) * 1000, "ms"),
        Row("chat: key echoed while it streams, 99 %", at99(echoes), "ms", floor, "a bare echo", aim="< 50"),
        Row("chat: from Esc to a closed connection, median", statistics.median(stops) * 1000, "ms"),
        Row("chat: from Esc to a closed connection, most", max(stops) * 1000, "ms", aim="< 200"),
    ]


def at99(seconds: list[float]) -> float:
    """The 99th percentile, in milliseconds."""
    return sorted(seconds)[int(len(seconds) * 0.99)] * 1000


def bare() -> list[float]:
    """The same for a program that does nothing but write what it reads: what this machine can do just now."""
    pid, descriptor = pty.fork()
    if pid == 0:
        os.execv(sys.executable, [sys.executable, "-c", BARE])
    there = Terminal(descriptor, pid)
    there.wait(b"ready")
    found = []
    for _ in range(20):
        for letter in LETTERS:
            there.type(letter)
            found.append(there.wait(letter.encode()))
            time.sleep(0.02)
    os.kill(pid, 9)
    os.waitpid(pid, 0)
    os.close(descriptor)
    return found


def paced(seconds: float) -> Behaviour:
    """The answer, evenly over so many seconds."""
    text = (PARAGRAPH * (SIZE // len(PARAGRAPH) + 1))[:SIZE]
    events = text_events([text[at : at + PIECE] for at in range(0, SIZE, PIECE)])

    def behave(exchange: Exchange) -> None:
        exchange.head(200, EVENTS)
        began = time.monotonic()
        for place, event in enumerate(events):
            exchange.send(event)
            ahead = began + seconds * place / len(events) - time.monotonic()
            if ahead > 0.005:
                time.sleep(ahead)
        exchange.end()

    return behave


def without_terminal(folder: str) -> float:
    """Seconds of processor time for taking the answer in."""
    with FakeServer([paced(SECONDS)]) as server:
        words = [sys.executable, "-c", WITHOUT, f"x@{server.base_url}", str(Path(folder, "plain.db"))]
        return float(subprocess.run(words, check=True, capture_output=True, env=environment(folder)).stdout)


def environment(folder: str) -> dict[str, str]:
    return {
        **os.environ, "HOME": folder, "AGENTCHAT_STORE": str(Path(folder, "s.db")), "TERM": "xterm-256color",
        "LANG": "C.UTF-8", "PYTHONPATH": str(Path(__file__).parents[1]),
    }  # fmt: skip


class Terminal:
    """The chat, and the other end of its terminal."""

    def __init__(self, descriptor: int, pid: int) -> None:
        self.descriptor = descriptor
        self.pid = pid

    def type(self, text: str) -> None:
        os.write(self.descriptor, text.encode())

    def read(self, seconds: float) -> bytes:
        ready, _, _ = select.select([self.descriptor], [], [], seconds)
        return os.read(self.descriptor, 1 << 16) if ready else b""

    def wait(self, seen: bytes, seconds: float = 60.0) -> float:
        """Read until something comes; the seconds it took."""
        began, data = time.monotonic(), b""
        while seen not in data:
            data = data[-1000:] + self.read(0.01)
            if time.monotonic() - began > seconds:
                raise TimeoutError(f"{seen!r} did not come: {data!r}")
        return time.monotonic() - began

    def spent(self) -> float:
        """Seconds of processor time so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICK


@contextmanager
def terminal(folder: str, url: str) -> Iterator[Terminal]:
    pid, descriptor = pty.fork()
    if pid == 0:
        words = [sys.executable, "-m", "agentchat", "chat", "-m", f"x@{url}"]
        os.execve(sys.executable, words, environment(folder))
    try:
        there = Terminal(descriptor, pid)
        there.wait("assistant · x".encode())
        yield there
    finally:
        os.kill(pid, 9)
        os.waitpid(pid, 0)
        os.close(descriptor)


def streamed(folder: str) -> tuple[float, list[float]]:
    """Processor time of a streamed answer, and the seconds until each typed letter was echoed."""
    echoes = []
    with FakeServer([paced(SECONDS)]) as server, terminal(folder, server.base_url) as there:
        there.type("go\r")
        there.wait(b"HEADING")
        before, until = there.spent(), time.monotonic() + SECONDS - 1
        while time.monotonic() < until:
            for letter in LETTERS:
                there.type(letter)
                echoes.append(there.wait(letter.encode()))
                pause = time.monotonic() + 0.15  # somebody who types fast
                while time.monotonic() < pause:
                    there.read(0.01)
            there.type("\x15")
            there.read(0.1)
        return there.spent() - before, echoes


def stopped(folder: str) -> list[float]:
    """Seconds from Esc to the moment in which the server sees the connection closed."""
    found = []
    with FakeServer([paced(SECONDS)]) as server, terminal(folder, server.base_url) as there:
        for number in range(10):
            there.type("go\r")
            there.wait(b"HEADING")
            there.type("\x1b")
            began = time.monotonic()
            while not server.requests[number].gone.is_set():
                there.read(0.001)
                if time.monotonic() - began > 10:
                    raise TimeoutError("it was not stopped")
            found.append(time.monotonic() - began)
            there.wait("■".encode())
            there.read(0.3)
    return found
