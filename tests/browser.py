"""A real browser without a window, over the protocol of its developer tools: what a page logs, asks for and looks like.

Debian's Chromium, as `.ci/run` installs it, or another that is on PATH. Without one the test is skipped, and says so.
"""

import base64
import json
import re
import shutil
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import ClientConnection, connect

#: What the executable may be called.
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
_LISTENING = re.compile(r"DevTools listening on (ws://\S+)")
#: Key, code and the text that it writes.
KEYS = {"Tab": ("Tab", 9, ""), "Enter": ("Enter", 13, "\r"), " ": ("Space", 32, " ")}


class Page:
    """A page that is open."""

    def __init__(self, socket: ClientConnection, session: str) -> None:
        self._socket = socket
        self._session = session
        self._ids = count(1)
        #: What the browser has told unasked: method and parameters.
        self.events: list[tuple[str, dict[str, Any]]] = []
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.send(f"{domain}.enable")

    def send(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Asks for something and returns the answer."""
        id = next(self._ids)
        asked = {"id": id, "sessionId": self._session, "method": method, "params": parameters}
        self._socket.send(json.dumps(asked))
        while True:
            told = self._next()
            if told.get("id") == id:
                assert "error" not in told, told["error"]
                result: dict[str, Any] = told["result"]
                return result

    def _next(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self._socket.recv(timeout=30))
        if "method" in told:
            self.events.append((told["method"], told["params"]))
        return told

    def open(self, path: Path) -> None:
        """Loads a file and waits until nothing more is loaded."""
        self.events.clear()
        self.send("Page.navigate", url=path.as_uri())
        while "Page.loadEventFired" not in self.told():
            self._next()

    def told(self) -> set[str]:
        return {method for method, _ in self.events}

    def complaints(self) -> list[Any]:
        """What was logged, thrown or asked for, beside the page itself."""
        wrong = ("Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded")
        return [parameters for method, parameters in self.events if method in wrong] + [
            parameters["request"]["url"]
            for method, parameters in self.events
            if method == "Network.requestWillBeSent" and parameters.get("type") != "Document"
        ]

    def value(self, expression: str) -> Any:
        """The value of an expression of JavaScript, waited for if it is a promise."""
        told = self.send("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in told, told["exceptionDetails"]
        return told["result"].get("value")

    def press(self, key: str) -> None:
        """Presses and releases a key."""
        code, number, text = KEYS[key]
        usual = {"key": key, "code": code, "windowsVirtualKeyCode": number}
        self.send("Input.dispatchKeyEvent", type="keyDown", text=text, **usual)
        self.send("Input.dispatchKeyEvent", type="keyUp", **usual)

    def resize(self, width: int, height: int) -> None:
        """Makes the window as large as that, in pixels of the style sheet."""
        mobile = width < 600
        self.send(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=mobile,
        )

    def prefer(self, scheme: str) -> None:
        """Light or dark."""
        feature = {"name": "prefers-color-scheme", "value": scheme}
        self.send("Emulation.setEmulatedMedia", features=[feature])

    def picture(self) -> bytes:
        """The whole page as PNG."""
        told = self.send("Page.captureScreenshot", format="png", captureBeyondViewport=True)
        return base64.b64decode(told["data"])


@contextmanager
def opened(folder: Path) -> Generator[Page, None, None]:
    """A browser with one empty page; it keeps what it keeps in a folder.

    Without a browser the test is skipped.
    """
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip(f"none of {', '.join(NAMES)} is on PATH; Debian's package is chromium")
    options = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run")
    command = [found, *options, "--remote-debugging-port=0", f"--user-data-dir={folder}", "about:blank"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        try:
            address = next(filter(None, map(_LISTENING.search, process.stderr)))[1]
            with connect(address, max_size=None, proxy=None, compression=None) as socket:
                yield _first_page(socket)
        finally:
            process.terminate()


def _first_page(socket: ClientConnection) -> Page:
    def ask(method: str, **parameters: Any) -> dict[str, Any]:
        socket.send(json.dumps({"id": 0, "method": method, "params": parameters}))
        while "id" not in (told := json.loads(socket.recv(timeout=30))):
            pass
        result: dict[str, Any] = told["result"]
        return result

    target = ask("Target.createTarget", url="about:blank")["targetId"]
    return Page(socket, ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"])
