"""A real HTTP server on loopback that plays an OpenAI-compatible service, and misbehaves as told.

Each request gets the next behaviour of the list; the last one serves all that follow. It records the bytes it got.
Nothing of the package under test may be imported here.
"""

from __future__ import annotations

import json
import os
import socket
import struct
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import TypeAlias

DEFAULT_USAGE = {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}
GIVE_UP = 30.0
"""Seconds after which a server that waits for its client stops waiting: only a failing test gets there."""


@dataclass
class Received:
    """One request as it came in. `gone` is set when the client closed the connection while it was being answered."""

    path: str
    headers: dict[str, str]
    body: bytes
    gone: threading.Event = field(default_factory=threading.Event)
    answered: threading.Event = field(default_factory=threading.Event)

    @property
    def json(self) -> dict[str, object]:
        """The body, decoded."""
        value = json.loads(self.body)
        assert isinstance(value, dict)
        return value


class Exchange:
    """What a behaviour may do with one request. `reused`: its connection has brought a request before."""

    def __init__(
        self, handler: BaseHTTPRequestHandler, received: Received, stop: threading.Event, reused: bool
    ) -> None:
        self.received = received
        self.reused = reused
        self._handler = handler
        self._stop = stop
        self._chunked = False

    def head(self, status: int, headers: dict[str, str], *, length: int | None = None) -> None:
        """Send status and headers; without a length the body goes in chunks."""
        self._handler.send_response(status)
        for name, value in headers.items():
            self._handler.send_header(name, value)
        self._chunked = length is None
        if length is None:
            self._handler.send_header("Transfer-Encoding", "chunked")
        else:
            self._handler.send_header("Content-Length", str(length))
        self._handler.end_headers()

    def send(self, data: bytes) -> None:
        """Send a piece of the body."""
        if data:
            self._handler.wfile.write(b"%x\r\n%b\r\n" % (len(data), data) if self._chunked else data)

    def end(self) -> None:
        """Close a body of chunks."""
        if self._chunked:
            self._handler.wfile.write(b"0\r\n\r\n")

    def reset(self) -> None:
        """Break the connection with a RST, as a crashed server or a firewall does."""
        connection = self._handler.connection
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        # Past the socket object: its files keep it open, and the server would end it politely.
        os.close(connection.detach())
        self._handler.close_connection = True

    def hang_up(self) -> None:
        """Close the connection in the middle of the body."""
        self._handler.close_connection = True

    def wait_gone(self) -> None:
        """Wait, without sending, until the client closes the connection."""
        connection = self._handler.connection
        connection.settimeout(GIVE_UP)
        try:
            left = connection.recv(1) == b""
        except TimeoutError:
            left = False
        except OSError:
            left = True
        if left and not self._stop.is_set():
            self.received.gone.set()
        self._handler.close_connection = True

    def drip(self, data: bytes, seconds: float) -> None:
        """Send one byte every so many seconds until the client leaves."""
        for place in range(len(data)):
            try:
                self.send(data[place : place + 1])
            except OSError:
                self.received.gone.set()
                break
            if self._stop.wait(seconds):
                break
        self._handler.close_connection = True


Behaviour: TypeAlias = Callable[[Exchange], None]


class FakeServer:
    """A server for the length of a `with` block: `base_url` to point a model at, `requests` to see what came."""

    def __init__(self, behaviours: Sequence[Behaviour]) -> None:
        assert behaviours, "a server needs something to do"
        self.requests: list[Received] = []
        self._behaviours = list(behaviours)
        self._stop = threading.Event()
        self._lock = threading.Condition()
        self._open: set[socket.socket] = set()
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), name="fake-openai")

    @property
    def base_url(self) -> str:
        """The address, with /v1."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def __enter__(self) -> FakeServer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._server.shutdown()
        self._thread.join()
        with self._lock:
            for connection in self._open:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue
        self._server.server_close()

    def serve(self, handler: BaseHTTPRequestHandler, received: Received, reused: bool) -> None:
        """Answer one request."""
        with self._lock:
            place = min(len(self.requests), len(self._behaviours) - 1)
            self.requests.append(received)
            self._lock.notify_all()
        try:
            self._behaviours[place](Exchange(handler, received, self._stop, reused))
        except OSError:
            received.gone.set()
            handler.close_connection = True
        finally:
            received.answered.set()

    def wait_for(self, count: int) -> bool:
        """Wait, in a thread, until so many requests have come; whether they did."""
        with self._lock:
            return self._lock.wait_for(lambda: len(self.requests) >= count, GIVE_UP)

    def opened(self, connection: socket.socket) -> None:
        """Remember a connection, to end it with the server."""
        with self._lock:
            self._open.add(connection)

    def closed(self, connection: socket.socket) -> None:
        """Forget a connection."""
        with self._lock:
            self._open.discard(connection)

    @property
    def connections(self) -> int:
        """How many connections are open now."""
        with self._lock:
            return len(self._open)


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    request_queue_size = 256

    def __init__(self, owner: FakeServer) -> None:
        self.owner = owner
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server
    served = 0
    """Requests that came over this connection."""

    def setup(self) -> None:
        super().setup()
        self.server.owner.opened(self.connection)

    def finish(self) -> None:
        self.server.owner.closed(self.connection)
        super().finish()

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except OSError:
            self.close_connection = True

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.served += 1
        self.server.owner.serve(self, Received(self.path, headers, body), self.served > 1)

    def log_message(self, format: str, *args: object) -> None:
        pass


# Pieces of a stream


def chunk(
    delta: dict[str, object] | None = None,
    *,
    finish: str | None = None,
    usage: object = None,
    **more: object,
) -> dict[str, object]:
    """One chat.completion.chunk; without a delta, one without choices."""
    choices = [] if delta is None else [{"index": 0, "delta": delta, "finish_reason": finish}]
    data: dict[str, object] = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "model": "fake-1"}
    data |= {"choices": choices, **more}
    if usage is not None:
        data["usage"] = usage
    return data


def sse(data: object) -> bytes:
    """One event as the service writes it."""
    return b"data: " + json.dumps(data).encode() + b"\n\n"


DONE = b"data: [DONE]\n\n"


def text_events(pieces: Iterable[str], *, usage: object = DEFAULT_USAGE, finish: str = "stop") -> list[bytes]:
    """The events of an ordinary answer; no usage with `usage=None`."""
    events = [sse(chunk({"role": "assistant", "content": ""}))]
    events += [sse(chunk({"content": piece})) for piece in pieces]
    events.append(sse(chunk({}, finish=finish)))
    if usage is not None:
        events.append(sse(chunk(usage=usage)))
    return [*events, DONE]


# Behaviours

EVENTS = {"Content-Type": "text/event-stream; charset=utf-8"}
JSON = {"Content-Type": "application/json"}


def raw(pieces: Iterable[bytes], *, headers: dict[str, str] = EVENTS, status: int = 200) -> Behaviour:
    """Send these bytes, each piece at once."""
    kept = list(pieces)

    def behave(exchange: Exchange) -> None:
        exchange.head(status, headers)
        for piece in kept:
            exchange.send(piece)
        exchange.end()

    return behave


def stream(*pieces: str, usage: object = DEFAULT_USAGE, finish: str = "stop") -> Behaviour:
    """An ordinary streamed answer."""
    return raw(text_events(pieces, usage=usage, finish=finish))


def whole(message: dict[str, object], *, usage: object = DEFAULT_USAGE, finish: str | None = "stop") -> Behaviour:
    """An ordinary answer in one piece."""
    choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": finish}
    data = {"id": "chatcmpl-1", "object": "chat.completion", "model": "fake-1", "choices": [choice], "usage": usage}
    return status(200, data)


def status(number: int, data: object, headers: dict[str, str] | None = None) -> Behaviour:
    """A status with a body: JSON, or text as it is."""
    body = data.encode() if isinstance(data, str) else json.dumps(data).encode()
    kind = {"Content-Type": "text/html"} if isinstance(data, str) else JSON

    def behave(exchange: Exchange) -> None:
        exchange.head(number, {**kind, **(headers or {})}, length=len(body))
        exchange.send(body)

    return behave


def error(number: int, message: str, headers: dict[str, str] | None = None, **fields: object) -> Behaviour:
    """An error as the service writes it."""
    return status(number, {"error": {"message": message, **fields}}, headers)


def cut(pieces: Iterable[bytes], *, status: int = 200, reset: bool = False) -> Behaviour:
    """Send these bytes, then break the connection: closed in mid-body, or with a RST."""
    kept = list(pieces)

    def behave(exchange: Exchange) -> None:
        exchange.head(status, EVENTS)
        for piece in kept:
            exchange.send(piece)
        if reset:
            exchange.reset()
        else:
            exchange.hang_up()

    return behave


def hang(pieces: Iterable[bytes] = (), *, head: bool = True) -> Behaviour:
    """Send these bytes, then nothing until the client leaves. Without a head, not even a status."""
    kept = list(pieces)

    def behave(exchange: Exchange) -> None:
        if head:
            exchange.head(200, EVENTS)
        for piece in kept:
            exchange.send(piece)
        exchange.wait_gone()

    return behave


def drip(pieces: Iterable[bytes], *, seconds: float = 1.0) -> Behaviour:
    """Send these bytes one by one, with a pause behind each."""
    data = b"".join(pieces)

    def behave(exchange: Exchange) -> None:
        exchange.head(200, EVENTS)
        exchange.drip(data, seconds)

    return behave


def fresh_only(behaviour: Behaviour) -> Behaviour:
    """The behaviour on a new connection; one that is used again is closed, as if it had been a moment too late.

    llama.cpp's server ends a connection behind a streamed answer without having said so.
    """

    def behave(exchange: Exchange) -> None:
        (no_answer if exchange.reused else behaviour)(exchange)

    return behave


def no_answer(exchange: Exchange) -> None:
    """Close the connection without a word."""
    exchange.hang_up()
