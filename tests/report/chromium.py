"""Chromium without a window, driven by its own DevTools protocol: no further package is needed.

with Chromium(profile) as browser:
    page = browser.open(Path("report/index.html"), width=1400)
    page.waits_for("document.title")
"""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PATIENCE_S = 20.0
_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    # The decision stands in a sandboxed frame, which would get a process of its own.
    "--disable-features=IsolateSandboxedIframes",
    "--remote-debugging-port=0",
)


def installed() -> str | None:
    """The program, or None where there is no such browser."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


class Chromium:
    """A browser with a fresh profile, ended with the block."""

    def __init__(self, profile: Path) -> None:
        self._profile = profile
        self._sockets = ExitStack()

    def __enter__(self) -> Chromium:
        program = installed()
        assert program is not None
        self._process = subprocess.Popen(
            [program, *_FLAGS, f"--user-data-dir={self._profile}", "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._sockets.close()
        self._process.terminate()
        self._process.communicate(timeout=PATIENCE_S)

    def open(self, file: Path, *, width: int = 1400, height: int = 1000) -> Page:
        """A new page that shows the file. Its console is listened to from the first moment on."""
        reach = connect(self._address(), max_size=None, compression=None)
        page = Page(self._sockets.enter_context(reach))
        page.show(file, width, height)
        return page

    def _address(self) -> str:
        """Where the browser listens, by what it says of itself when it is ready."""
        if not hasattr(self, "_listening"):
            assert self._process.stderr is not None
            for line in self._process.stderr:
                if b"DevTools listening on " in line:
                    self._listening = line.decode().rpartition(" ")[2].strip()
                    break
            else:
                raise AssertionError("Chromium ended before it listened")
        return self._listening


class Page:
    """One page; `errors` are what its console called an error, and exceptions nobody caught."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._last = 0
        self._session = ""
        self.errors: list[str] = []
        self.requested: list[str] = []

    def show(self, file: Path, width: int, height: int) -> None:
        """Go to the file, in a window of that size."""
        # Storage of its own: Allure remembers there what somebody has folded or opened.
        self._context = self._tell("Target.createBrowserContext")["browserContextId"]
        made = self._tell("Target.createTarget", url="about:blank", browserContextId=self._context)
        attached = self._tell("Target.attachToTarget", targetId=made["targetId"], flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self._tell(f"{domain}.enable")
        self._tell("Emulation.setFocusEmulationEnabled", enabled=True)
        self._tell(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )
        self._tell("Page.navigate", url=file.resolve().as_uri())

    def emulates(self, scheme: str, media: str = "screen") -> None:
        """From now on the reader prefers that colour scheme, on a screen or on paper (`print`)."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self._tell("Emulation.setEmulatedMedia", media=media, features=features)

    def value(self, expression: str, frame: int = 0, *, by_user: bool = False) -> Any:
        """What a JavaScript expression says, in the page (0) or in its n-th frame.

        `by_user`: as if a person had done it, which some functions ask for.
        """
        told = self._tell("Page.getFrameTree")["frameTree"]
        frames = [told["frame"], *(child["frame"] for child in told.get("childFrames", []))]
        if frame >= len(frames):
            return None
        world = self._tell("Page.createIsolatedWorld", frameId=frames[frame]["id"])
        answer = self._tell(
            "Runtime.evaluate",
            expression=expression,
            contextId=world["executionContextId"],
            returnByValue=True,
            awaitPromise=True,
            userGesture=by_user,
        )
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def waits_for(self, expression: str, frame: int = 0) -> Any:
        """The first value of the expression that is true. Fails when patience ends."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            if said := self.value(expression, frame):
                return said
        raise AssertionError(f"never true on the page: {expression}; errors: {self.errors}")

    def click(self, words: str) -> None:
        """Click the smallest element that is there to be clicked and says these words."""
        self.waits_for(
            f"(() => {{ const found = [...document.querySelectorAll('*')].filter(e =>"
            f" e.innerText?.includes({json.dumps(words)}) && e.getClientRects().length);"
            " const one = found[found.length - 1]; one?.click(); return !!one; })()"
        )

    def copied(self) -> str:
        """What the page has put on the clipboard. From now on it may also read it."""
        reading = {"permissions": ["clipboardReadWrite"], "browserContextId": self._context}
        self._tell("Browser.grantPermissions", **reading)
        return str(self.value("navigator.clipboard.readText()"))

    def picture(self, file: Path) -> None:
        """Store what the window shows as PNG."""
        shot = self._tell("Page.captureScreenshot", format="png")
        file.write_bytes(base64.b64decode(shot["data"]))

    def _tell(self, method: str, **params: Any) -> dict[str, Any]:
        self._last += 1
        message = {"id": self._last, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        self._socket.send(json.dumps(message))
        while True:
            told = json.loads(self._socket.recv(timeout=PATIENCE_S))
            if told.get("id") == self._last:
                assert "error" not in told, told["error"]
                return dict(told["result"])
            self._hear(told.get("method", ""), told.get("params", {}))

    def _hear(self, event: str, params: dict[str, Any]) -> None:
        if event == "Runtime.exceptionThrown":
            self.errors.append(str(params["exceptionDetails"].get("exception", params))[:400])
        elif event == "Runtime.consoleAPICalled" and params["type"] == "error":
            self.errors.append(str(params["args"])[:400])
        elif event == "Log.entryAdded" and params["entry"]["level"] == "error":
            self.errors.append(params["entry"]["text"])
        elif event == "Network.requestWillBeSent":
            self.requested.append(params["request"]["url"])
