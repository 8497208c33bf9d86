"""Turns through HTTP with a long history: against the bare client doing the same requests."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import anyio
from openai import AsyncOpenAI
from openai.types.chat import ChatCompletionMessageParam

from agentchat.agents.assistant import Assistant
from agentchat.conversation import Conversation
from agentchat.models.openai import OpenAIModel
from agentchat.policy.prompts.request import ModelRequest
from agentchat.policy.rules import MaxTurns
from agentchat.transcript.calls import Reply
from benchmarks.report import Row, median_us

TURNS = 400
SERVER = """
import asyncio, json
chunk = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m"}
def event(delta, finish=None, **more):
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return b"data: " + json.dumps({**chunk, "choices": [choice], **more}).encode() + b"\\n\\n"
usage = {"prompt_tokens": 5, "completion_tokens": 5, "total_tokens": 10}
body = event({"content": "word " * 20}) + event({}, "stop")
body += b"data: " + json.dumps({**chunk, "choices": [], "usage": usage}).encode() + b"\\n\\n" + b"data: [DONE]\\n\\n"
head = b"HTTP/1.1 200 OK\\r\\nContent-Type: text/event-stream\\r\\nContent-Length: %d\\r\\n\\r\\n" % len(body)
async def serve(reader, writer):
    while True:
        try:
            lines = (await reader.readuntil(b"\\r\\n\\r\\n")).lower()
        except asyncio.IncompleteReadError:
            break
        length = int(lines.split(b"content-length:")[1].split(b"\\r\\n")[0])
        await reader.readexactly(length)
        writer.write(head + body)
    writer.close()
async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0, limit=1 << 24)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()
asyncio.run(main())
"""


@contextmanager
def server() -> Iterator[str]:
    """A server that streams the same answer to whatever it is asked, in a process of its own."""
    process = subprocess.Popen([sys.executable, "-c", SERVER], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}/v1"
    finally:
        process.kill()
        process.stdout.close()
        process.wait()


class Stamped(OpenAIModel):
    """Notes when it is asked."""

    stamps: list[float]

    async def complete(self, request: ModelRequest, emit: Callable[[str], None]) -> Reply:
        self.stamps.append(time.perf_counter())
        return await super().complete(request, emit)


async def _ours(url: str) -> float:
    model = Stamped(f"m@{url}")
    model.stamps = []
    ann, bob = Assistant("ann", model=model), Assistant("bob", model=model)
    await Conversation([ann, bob], until=MaxTurns(TURNS)).run("Talk.")
    return median_us(model.stamps[TURNS // 2 - 50 : TURNS // 2 + 50]) / 1e3


async def _bare(url: str) -> float:
    """The plain client with a list of 200 messages, streamed: milliseconds a turn."""
    client = AsyncOpenAI(base_url=url, api_key="none", max_retries=0)
    messages: list[ChatCompletionMessageParam] = [{"role": "user", "content": "word " * 20} for _ in range(200)]
    timings = []
    for _ in range(60):
        start = time.perf_counter()
        stream = await client.chat.completions.create(model="m", messages=messages, stream=True)
        async for _ in stream:
            pass
        timings.append(time.perf_counter() - start)
    await client.close()
    return statistics.median(timings[10:]) * 1e3


def rows() -> list[Row]:
    with server() as url:
        bare = anyio.run(_bare, url)
        ours = sorted(anyio.run(_ours, url) for _ in range(3))[1]
    return [
        Row(
            "turn through HTTP, 200 messages of history",
            ours,
            "ms",
            bare,
            "the plain client loop",
            "below 1.8 ms, 0.1 x",
        )
    ]
