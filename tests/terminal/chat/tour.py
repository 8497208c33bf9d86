"""Makes the screens of docs/chat.md again: `python -m tests.terminal.chat.tour`; with `--check` it only compares.

Each is a real session of `agentchat chat` on a pseudo-terminal, against a server on loopback that plays the model.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from tests.servers.fake_openai import Behaviour, FakeServer, hang, stream, text_events
from tests.terminal.chat.pane import ENTER, ESC, Pane

ROOT: Final = Path(__file__).resolve().parents[3]
PAGE: Final = ROOT / "docs" / "chat.md"
COLUMNS: Final = 88
_SCREEN: Final = re.compile(r"<!-- screen: (\w+) -->\n(?:\n```text\n.*?\n```\n)?", re.DOTALL)
PRIMES: Final = """I collect primes until there are ten, then print the last.

```python
primes, number = [], 2
while len(primes) < 10:
    if all(number % prime for prime in primes):
        primes.append(number)
    number += 1
print(primes[-1])
```
"""
TALK: Final = """Three things, the **gravest** first:

1. `total` is never reset, so the second call adds to the first.
2. The file stays open where `parse` raises.
3. Nobody reads the result.

```python
with open(path) as file:
    total = sum(parse(line) for line in file)
```
"""
Scene = Callable[[Path], str]


def held(text: str) -> Behaviour:
    """The beginning of an answer, and nothing more until the other side leaves."""
    return hang(text_events([text])[:2])


def chat(folder: Path, server: FakeServer, *words: str, rows: int = 40) -> Pane:
    """The chat, ready to be typed to."""
    env = {
        "HOME": str(folder),
        "PATH": os.environ["PATH"],
        "LANG": "C.UTF-8",
        "AGENTCHAT_STORE": str(folder / "agentchat.db"),
        "PYTHONPATH": str(ROOT),
    }
    words = ("chat", "-m", f"gpt-4.1-mini@{server.base_url}", *words)
    pane = Pane([sys.executable, "-m", "agentchat", *words], env=env, cwd=str(folder), columns=COLUMNS, rows=rows)
    pane.wait("❯")
    pane.wait("· gpt-4.1-mini")
    return pane


def say(pane: Pane, words: str, *seen: str) -> None:
    """Type it, and wait for what comes of it."""
    pane.type(words, ENTER)
    for one in seen:
        pane.wait(one)


def quiet(pane: Pane) -> None:
    """Wait until nobody has the turn."""
    pane.until(lambda it: not re.search(r"\d s · Esc stops", it.screen), "quiet")
    pane.read(0.2)


def talking(folder: Path) -> str:
    with FakeServer([stream(*TALK)]) as server, chat(folder, server) as pane:
        say(pane, "what is wrong with report.py?", "for line in file)")
        quiet(pane)
        return pane.screen


def queued(folder: Path) -> str:
    answers = [held("Let me think about the second one first. It begins")]
    with FakeServer(answers) as server, chat(folder, server) as pane:
        say(pane, "which of them would you put right?", "It begins")
        say(pane, "and show me the diff", "↳ and show me the diff")
        pane.type("only the first two, plea")
        pane.wait("plea")
        return pane.screen


def stopped(folder: Path) -> str:
    answers = [held("There is a long history to this. In 1957"), stream("In short: a `with` block.")]
    with FakeServer(answers) as server, chat(folder, server) as pane:
        say(pane, "how do I close a file?", "In 1957")
        pane.type(ESC)
        pane.wait("stopped here")
        quiet(pane)
        say(pane, "shorter, please", "In short")
        quiet(pane)
        return pane.screen


def files(folder: Path) -> str:
    (folder / "report.py").write_text("def report(path):\n    total = 0\n" * 40)
    with FakeServer([stream("The test expects 4 and gets 5.")]) as server, chat(folder, server) as pane:
        say(pane, "!echo 'assert report() == 4, got 5'; exit 1", "[output #1")
        pane.type("what is wrong? see @report.py")
        pane.wait("@report.py 1.3 kB")
        before = pane.screen
        pane.type(ENTER)
        pane.wait("gets 5.")
        quiet(pane)
        return f"{before}\n\n{'·' * 20} and when it was sent {'·' * 20}\n\n{_below(pane.screen, '❯ [output', '❯ ↳')}"


def approval(folder: Path) -> str:
    (folder / "careful.md").write_text(
        "---\nname: careful\nkind: user-proxy\nhuman: approve\nsandbox: bubblewrap\n---\n"
    )
    answers = [stream(PRIMES), stream("The 10th prime is **29**. DONE")]
    with FakeServer(answers) as server, chat(folder, server, "coder", "./careful.md", rows=50) as pane:
        say(pane, "print the 10th prime", "allow? [y/a/e/N/?]")
        before = pane.screen
        say(pane, "y", "29. DONE")
        quiet(pane)
        after = _below(pane.screen, "  allowed")
        return f"{before}\n\n{'·' * 20} and after y {'·' * 20}\n\n{after}"


def rewind(folder: Path) -> str:
    answers = [stream("Cats sleep for sixteen hours."), stream("Dogs for twelve.")]
    with FakeServer(answers) as server, chat(folder, server, "--id", "talk") as pane:
        say(pane, "how long do cats sleep?", "sixteen hours.")
        quiet(pane)
        say(pane, "and dogs?", "Dogs for twelve.")
        quiet(pane)
        say(pane, "/rewind", "Go back to")
        before = pane.screen
        pane.type(ENTER)
        pane.wait("back to before")
        pane.read(0.3)
        return f"{before}\n\n{'·' * 20} and after Enter {'·' * 20}\n\n{_below(pane.screen, '⑂')}"


def limit(folder: Path) -> str:
    answers = [stream("A first draft."), stream("Too long."), stream("A second draft."), stream("Good. DONE")]
    words = ("writer", "critic", "--max-turns", "2", "--id", "letter")
    with FakeServer(answers) as server, chat(folder, server, *words) as pane:
        say(pane, "a letter to the neighbours about the noise", "● limit")
        quiet(pane)
        say(pane, "/budget max-turns 4", "Good. DONE")
        quiet(pane)
        return pane.screen


def help(folder: Path) -> str:
    with FakeServer([stream("hi")]) as server, chat(folder, server) as pane:
        say(pane, "/help", "/keys tells the rest")
        pane.read(0.2)
        return _below(pane.screen, "  /help")


SCENES: Final[Sequence[Scene]] = (talking, queued, stopped, files, approval, rewind, limit, help)


def _below(screen: str, *starts: str) -> str:
    """The screen from the last line on that begins so."""
    lines = screen.split("\n")
    place = max((n for n, line in enumerate(lines) if line.startswith(starts)), default=0)
    return "\n".join(lines[place:])


def made(scene: Scene) -> str:
    """A screen, without what differs from one time to the next."""
    with tempfile.TemporaryDirectory() as folder:
        shown = scene(Path(folder))
    shown = re.sub(r"\d+\.\d\d s\b|\d+\.\d s\b", "0.1 s", shown)
    shown = re.sub(r"[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏](.*?) · \d+ s", r"⠹\1 · 2 s", shown)
    return "\n".join(line.rstrip() for line in shown.strip("\n").split("\n"))


def main() -> int:
    """Make the page anew, or compare it; the exit code."""
    screens = {scene.__name__: made(scene) for scene in SCENES}
    page = PAGE.read_text()
    fresh = _SCREEN.sub(lambda found: f"<!-- screen: {found[1]} -->\n\n```text\n{screens[found[1]]}\n```\n", page)
    if "--check" in sys.argv:
        return int(fresh != page)
    PAGE.write_text(fresh)
    return 0


if __name__ == "__main__":
    sys.exit(main())
