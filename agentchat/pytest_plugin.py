"""The pytest plugin: recorded conversations as regression tests, in one line each.

    def test_prime(recorded):
        result = recorded(team(), "Print the 10th prime")       # or: await recorded.run(team(), "...")
        assert "29" in result.output

`pytest --record` holds the conversation once, with real models and tools, and keeps it in `tests/transcripts/`. From
then on the test needs no model and no key: what was answered then is answered again, and whatever the team does
otherwise fails the test with the first difference. In a test that uses `recorded` real models are switched off, but for
the conversation that is being recorded.

Nothing heavy is imported before it is used: who does not use the plugin does not pay for it.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import pytest

MODES: Final = ("none", "once", "new", "all")
FOLDER: Final = "agentchat_transcripts"
CHECKED: Final = "agentchat_check_transcripts"
_BACKENDS: Final = ("asyncio", "trio")
_USED: Final = pytest.StashKey[set[str]]()
_OUTPUT: Final = "agentchat_recordings_used"


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options and settings."""
    group = parser.getgroup("agentchat", "recorded conversations (agentchat)")
    group.addoption(
        "--record",
        nargs="?",
        const="once",
        default="none",
        type=_mode,
        metavar="once|new|all",
        help="hold conversations with real models and record them: once (the default), those without a recording; new, "
        "those too that ask for more than theirs holds; all, every one anew",
    )
    group.addoption(
        "--unused-recordings", action="store_true", help="name recordings that no test used; for whole test runs"
    )
    parser.addini(FOLDER, "the folder of the recordings, from the root folder", default="tests/transcripts")
    parser.addini(CHECKED, "collect every recording as a test of its own, which replays it", type="bool", default=False)


def _mode(word: str) -> str:
    if word not in MODES:
        raise argparse.ArgumentTypeError(f"{word!r} is neither once, new nor all; write paths before --record")
    return word


def pytest_configure(config: pytest.Config) -> None:
    """Begin to note which recordings are used."""
    config.stash[_USED] = set()


def pytest_report_header(config: pytest.Config) -> str | None:
    """Say that conversations are recorded, for that costs money."""
    mode = config.getoption("--record")
    return None if mode == "none" else f"agentchat: recording ({mode}) with real models into {_folder(config)}"


@pytest.fixture
def recorded(request: pytest.FixtureRequest) -> Iterator[object]:
    """Conversations on their recordings: `recorded(chat, task)`; see `agentchat.rechecking.Recorded`."""
    from agentchat.models.forbid import real_models_forbidden
    from agentchat.rechecking import Recorded

    made = Recorded(_base(request), request.config.getoption("--record"), _failed)
    with real_models_forbidden():
        yield made
    request.config.stash[_USED].update(str(path.resolve()) for path in made.paths)


def _failed(told: str) -> BaseException:
    """What fails a test with these words alone."""
    return pytest.fail.Exception(told, pytrace=False)


def _folder(config: pytest.Config) -> Path:
    return config.rootpath / str(config.getini(FOLDER))


def _base(request: pytest.FixtureRequest) -> Path:
    """The recording of a test: its file's place among the tests, then its own name."""
    from agentchat.rechecking.fixture import plain

    folder, module = _folder(request.config), request.path.with_suffix("")
    for root in (folder.parent, request.config.rootpath):
        if module.is_relative_to(root):
            place = module.relative_to(root)
            break
    else:
        place = Path(module.name)
    return folder / place / f"{plain(_name(request.node))}.jsonl"


def _name(node: pytest.Item) -> str:
    """The test with its class and parameters, but for the event loop it runs on: a recording is for all of them."""
    name: str = getattr(node, "originalname", None) or node.name
    callspec = getattr(node, "callspec", None)
    if callspec is not None:
        words = [word for word in callspec.id.split("-") if word.partition("+")[0] not in _BACKENDS]
        name += f"[{'-'.join(words)}]" if words else ""
    owner = node.getparent(pytest.Class)
    return name if owner is None else f"{owner.name}.{name}"


# recordings as tests of their own


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """A recording, where the settings say so."""
    config = parent.config
    if file_path.suffix != ".jsonl" or not config.getini(CHECKED) or not file_path.is_relative_to(_folder(config)):
        return None
    return TranscriptFile.from_parent(parent, path=file_path)


class TranscriptFile(pytest.File):
    """A recording."""

    def collect(self) -> Iterable[pytest.Item]:
        """That it replays."""
        yield TranscriptItem.from_parent(self, name="replays")


class TranscriptItem(pytest.Item):
    """That a recording replays, whatever made it."""

    def runtest(self) -> None:
        """Check it."""
        from agentchat.rechecking import assert_replays
        from agentchat.rechecking.recordings import NotAsRecorded

        self.config.stash[_USED].add(str(self.path.resolve()))
        try:
            assert_replays(self.path)
        except NotAsRecorded as error:
            raise _failed(str(error)) from None

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where it is."""
        return self.path, None, f"{self.path.name} replays"


# recordings that are used by no test


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Tell the process that started this one, if one did, which recordings were used."""
    output = getattr(session.config, "workeroutput", None)
    if isinstance(output, dict):
        used = session.config.stash[_USED]
        output[_OUTPUT] = sorted(used)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: object, error: object) -> None:
    """Take in what a worker of pytest-xdist used."""
    output = getattr(node, "workeroutput", None)
    config = getattr(node, "config", None)
    if isinstance(config, pytest.Config) and isinstance(output, dict):
        used = config.stash[_USED]
        used.update(map(str, output.get(_OUTPUT, ())))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Name the recordings that no test used."""
    if not config.getoption("--unused-recordings"):
        return
    folder, used = _folder(config), config.stash[_USED]
    unused = [path for path in sorted(folder.rglob("*.jsonl")) if str(path.resolve()) not in used]
    terminalreporter.section("unused recordings" if unused else "every recording was used")
    for path in unused:
        terminalreporter.line(str(path.relative_to(config.rootpath)))
