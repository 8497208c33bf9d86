"""Run all benchmarks, or those named: `python -m benchmarks turns storage`."""

from __future__ import annotations

import sys
from importlib import import_module

from benchmarks.report import show

ALL = ("machine", "turns", "load", "storage", "many", "http", "control", "imports", "chat")


def main() -> None:
    for name in sys.argv[1:] or ALL:
        show(import_module(f"benchmarks.{name}").rows())


if __name__ == "__main__":
    main()
