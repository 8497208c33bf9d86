"""A real Chromium, driven over its own debugging pipe: no driver program, no further package, no port.

Commands and events are those of the Chrome DevTools Protocol. Whatever is done to a page is done as a person does it:
keys and clicks go in as input events.
"""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Self

NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PATIENCE: Final = 60.0
"""Seconds after which something that should have happened counts as not happening."""

# Chromium reads commands from descriptor 3 and writes to 4; these may be taken here, so a small program moves them.
_LAUNCH: Final = (
    "import fcntl, os, sys\n"
    "ends = [fcntl.fcntl(int(one), fcntl.F_DUPFD_CLOEXEC, 10) for one in sys.argv[1:3]]\n"
    "os.dup2(ends[0], 3); os.dup2(ends[1], 4)\n"
    "os.execv(sys.argv[3], sys.argv[3:])\n"
)
_FLAGS: Final = (
    "--headless=new",
    "--remote-debugging-pipe",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-extensions",
    "--disable-sync",
    "--force-color-profile=srgb",
    "--hide-scrollbars",
)


def chromium() -> str | None:
    """The Chromium of this machine."""
    return next((found for name in NAMES if (found := shutil.which(name)) is not None), None)


class Browser:
    """One Chromium process. `open` gives a page."""

    def __init__(self, program: str, profile: Path) -> None:
        theirs_in, self._out = os.pipe()
        self._in, theirs_out = os.pipe()
        sandbox = ("--no-sandbox",) if os.geteuid() == 0 else ()
        words = [program, *_FLAGS, *sandbox, f"--user-data-dir={profile}", "about:blank"]
        self._process = subprocess.Popen(
            [sys.executable, "-c", _LAUNCH, str(theirs_in), str(theirs_out), *words],
            pass_fds=(theirs_in, theirs_out),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "HOME": str(profile)},
        )
        os.close(theirs_in)
        os.close(theirs_out)
        self._buffer = bytearray()
        self._number = 0
        self.events: list[dict[str, Any]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self.send("Browser.close")
        except (OSError, EOFError, TimeoutError):
            self._process.kill()
        self._process.wait(PATIENCE)
        os.close(self._out)
        os.close(self._in)

    def send(self, method: str, session: str | None = None, **given: object) -> dict[str, Any]:
        """Give a command and wait for its answer; events that come meanwhile are kept."""
        self._number += 1
        message: dict[str, object] = {"id": self._number, "method": method, "params": given}
        if session is not None:
            message["sessionId"] = session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + PATIENCE
        while True:
            found = self._next(deadline)
            if found.get("id") == self._number:
                if "error" in found:
                    raise AssertionError(f"{method}: {found['error']}")
                result: dict[str, Any] = found["result"]
                return result
            if "method" in found:
                self.events.append(found)

    def _next(self, deadline: float) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            if not select.select([self._in], [], [], max(0.0, deadline - time.monotonic()))[0]:
                raise TimeoutError("Chromium does not answer")
            data = os.read(self._in, 1 << 20)
            if not data:
                raise EOFError("Chromium ended")
            self._buffer += data
        line, _, rest = self._buffer.partition(b"\0")
        self._buffer = bytearray(rest)
        found: dict[str, Any] = json.loads(line)
        return found

    def open(self, file: Path, *, width: int = 1440, height: int = 900, dark: bool = False, mark: str = "") -> Page:
        """A page of its own that shows a file, laid out and drawn."""
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = Page(self, target, session)
        for domain in ("Page", "Runtime", "Network", "Log"):
            page.send(f"{domain}.enable")
        page.resize(width, height)
        page.colours(dark=dark)
        self.events.clear()
        page.send("Page.navigate", url=file.as_uri() + mark)
        page.until("document.readyState === 'complete'")
        return page


class Page:
    """One page of the browser."""

    def __init__(self, browser: Browser, target: str, session: str) -> None:
        self._browser = browser
        self._target = target
        self._session = session

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._browser.send("Target.closeTarget", targetId=self._target)

    def send(self, method: str, **given: object) -> dict[str, Any]:
        return self._browser.send(method, self._session, **given)

    def resize(self, width: int, height: int) -> None:
        self.send("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def colours(self, *, dark: bool) -> None:
        feature = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.send("Emulation.setEmulatedMedia", features=[feature])

    def run(self, expression: str) -> Any:
        """The value of an expression; a promise is waited for."""
        found = self.send("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def until(self, expression: str) -> Any:
        """Wait until an expression is true, and give its value."""
        return self.wait(lambda: self.run(expression), expression)

    def wait(self, holds: Callable[[], Any], what: str) -> Any:
        deadline = time.monotonic() + PATIENCE
        while (found := holds()) in (None, False, "", 0):  # an element comes back as {}, which is something
            assert time.monotonic() < deadline, f"never came true: {what}"
            self.settle()
        return found

    def settle(self) -> None:
        """Wait until the page has been drawn twice: timers and observers that were due have run."""
        self.run("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))))")

    def text(self, selector: str) -> str:
        one = f"document.querySelector({json.dumps(selector)})"
        return str(self.until(f"{one}?.innerText ?? {one}?.textContent"))  # a drawing has no innerText

    def count(self, selector: str) -> int:
        return int(self.run(f"document.querySelectorAll({json.dumps(selector)}).length"))

    def click(self, selector: str, place: int = 0) -> None:
        """Move to the middle of an element and click, as a person does: what lies on top gets the click."""
        spot = self.until(
            f"(() => {{ const one = document.querySelectorAll({json.dumps(selector)})[{place}]; if (!one) return null;"
            "const seen = () => { const box = one.getBoundingClientRect(); const x = box.x + box.width / 2;"
            "const y = box.y + Math.min(box.height / 2, 40); const top = document.elementFromPoint(x, y);"
            "return top && (top === one || one.contains(top)) ? {x, y} : null; };"
            "if (!seen()) one.scrollIntoView({block: 'center', behavior: 'instant'}); return seen(); })()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            self.send("Input.dispatchMouseEvent", type=kind, x=spot["x"], y=spot["y"], button="left", clickCount=1)
        self.settle()

    def move(self, x: float, y: float) -> None:
        self.send("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)
        self.settle()

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        def mouse(kind: str, at: tuple[float, float], buttons: int) -> None:
            self.send(
                "Input.dispatchMouseEvent", type=kind, x=at[0], y=at[1], button="left", buttons=buttons, clickCount=1
            )

        mouse("mousePressed", start, 1)
        for step in (0.2, 0.6, 1.0):
            mouse("mouseMoved", (start[0] + (end[0] - start[0]) * step, start[1] + (end[1] - start[1]) * step), 1)
        mouse("mouseReleased", end, 0)
        self.settle()

    def press(self, *keys: str) -> None:
        """Press keys one after the other: single characters, or names such as Enter, Escape, ArrowDown."""
        codes = {"Enter": 13, "Escape": 27, "ArrowDown": 40, "ArrowUp": 38, "ArrowRight": 39, "Tab": 9}
        for key in keys:
            text = {"Enter": "\r"}.get(key, key if len(key) == 1 else "")
            code = codes.get(key, ord(key.upper()) if len(key) == 1 else 0)
            given: dict[str, object] = {"key": key, "windowsVirtualKeyCode": code}
            self.send("Input.dispatchKeyEvent", type="keyDown" if text else "rawKeyDown", text=text, **given)
            self.send("Input.dispatchKeyEvent", type="keyUp", **given)
            self.settle()

    def write(self, text: str) -> None:
        """Type a text into what has the focus."""
        self.send("Input.insertText", text=text)
        self.settle()

    def picture(self, file: Path) -> None:
        data = self.send("Page.captureScreenshot", format="png")["data"]
        file.write_bytes(base64.b64decode(data))

    # what must not have happened

    def requests(self) -> list[str]:
        """Addresses that the page asked for, its own file and data that it carries itself left out."""
        self.settle()
        sent = [one["params"]["request"]["url"] for one in self._events("Network.requestWillBeSent")]
        return [url for url in sent[1:] if not url.startswith("data:")]

    def complaints(self) -> list[str]:
        """What the page wrote to the console, errors that nobody caught, and dialogs that it opened."""
        self.settle()
        logged = [str(one["params"]["entry"]["text"]) for one in self._events("Log.entryAdded")]
        thrown = [str(one["params"]["exceptionDetails"]) for one in self._events("Runtime.exceptionThrown")]
        printed = [str(one["params"]["args"]) for one in self._events("Runtime.consoleAPICalled")]
        asked = [str(one["params"]["message"]) for one in self._events("Page.javascriptDialogOpening")]
        return logged + thrown + printed + asked

    def _events(self, method: str) -> list[dict[str, Any]]:
        return [
            one for one in self._browser.events if one["method"] == method and one.get("sessionId") == self._session
        ]
