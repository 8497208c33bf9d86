"""The process that serves the small local model on loopback: `... agentchat.models.local_server WEIGHTS PORT LONGEST`.

It says where it listens and ends when its standard input does. Nothing of the package is imported here.
"""

from __future__ import annotations

import socket
import sys

THREADS = 2
CONTEXT = 4096


def main() -> None:
    """Serve until nobody is there any more."""
    from xllamacpp import CommonParams, Server

    path, port, longest = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    params = CommonParams()
    params.model.path = path
    params.hostnames = ["127.0.0.1"]
    params.port = port if _free(port) else 0
    params.use_jinja = True
    params.n_ctx = CONTEXT
    params.n_predict = longest
    params.n_parallel = 1
    params.cpuparams.n_threads = 1
    params.cpuparams_batch.n_threads = THREADS
    params.warmup = False
    server = Server(params)
    sys.stdout.write(f"listening {server.listening_address}\n")
    sys.stdout.flush()
    sys.stdin.read()


def _free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


if __name__ == "__main__":
    main()
