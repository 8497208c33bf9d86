"""`agentchat doctor`: what it finds, and that it never shows a key."""

from __future__ import annotations

from tests.cli.conftest import Cli
from tests.servers.fake_openai import FakeServer, stream


def test_a_fresh_machine(cli: Cli) -> None:
    said = cli("doctor")
    assert (said.code, said.err) == (0, "")
    assert "OPENAI_API_KEY is not set" in said.out
    assert "model        none: set AGENTCHAT_MODEL=" in said.out
    assert f"store        {cli.store} (0 conversations)" in said.out
    assert "The demo can run" in said.out
    assert not cli.store.parent.exists()


def test_a_key_is_never_shown(cli: Cli) -> None:
    said = cli("doctor", env={"OPENAI_API_KEY": "sk-secret-of-mine"})
    assert "OPENAI_API_KEY is set" in said.out
    assert "sk-secret" not in said.out + said.err


def test_a_server_is_asked_whether_it_is_there(cli: Cli) -> None:
    with FakeServer([stream("x")]) as server:
        url = server.base_url
        assert f"server       {url}: answers" in cli("doctor", env={"AGENTCHAT_MODEL": f"x@{url}"}).out
    said = cli("doctor", env={"AGENTCHAT_MODEL": f"x@{url}"})
    assert f"server       {url}: no answer (Connection refused)" in said.out
    assert said.code == 0


def test_a_wrong_address_is_told(cli: Cli) -> None:
    assert "a base URL looks like" in cli("doctor", env={"AGENTCHAT_MODEL": "x@http://:::/v1"}).out


def test_a_store_that_is_none(cli: Cli) -> None:
    (cli.folder / "notes").write_text("notes" * 100)
    said = cli("doctor", env={"AGENTCHAT_STORE": str(cli.folder / "notes")})
    assert said.code == 1
    assert "store        not usable: " in said.out
    said = cli("doctor", env={"AGENTCHAT_STORE": str(cli.folder / "notes" / "x.db")})
    assert said.code == 1
    assert "not writable" in said.out
