"""A browser for the tests of the page, and the pages themselves."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agentchat.report.page import Source, write_page
from agentchat.transcript.transcript import Transcript
from tests.report.chromium import Browser, chromium

Writing = Callable[..., Path]


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Without Chromium its tests are skipped; where CI=true they fail, so that they cannot go missing unseen."""
    program = chromium()
    if program is None:
        reason = "there is no Chromium on this machine (on Debian: apt-get install chromium)"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(reason)
    with Browser(program, tmp_path_factory.mktemp("profile")) as found:
        yield found


@pytest.fixture
def written(tmp_path: Path) -> Writing:
    """Writes the page of one run or of two, and says where."""

    def write(*shown: Transcript, label: str = "run.jsonl") -> Path:
        file = tmp_path / "page.html"
        file.write_text(write_page(*(Source(one, label) for one in shown)), encoding="utf-8")
        return file

    return write
