"""A headless chromium, spoken to over its DevTools protocol.

``--screenshot`` of chromium itself does not wait for what arrives by websocket.
"""

import asyncio
import base64
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from tornado.websocket import WebSocketClientConnection, websocket_connect

PROGRAM = shutil.which("chromium")

needs_browser = pytest.mark.skipif(
    PROGRAM is None, reason="no chromium; install it with: apt-get install -y chromium"
)

FLAGS = (
    "--headless",
    "--no-sandbox",  # root has none
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--window-size=1400,900",
    "--remote-debugging-port=0",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
"""Nothing but 127.0.0.1 has an address for it, as on a machine without network."""

START_SECONDS = 120.0
LOOK_SECONDS = 120.0

SURVEY = """
(() => {
  const found = {documents: 0, canvases: 0, rows: {}, names: [], colours: {}};
  const count = (root) => {
    found.canvases += root.querySelectorAll("canvas").length;
    for (const each of root.querySelectorAll("*")) if (each.shadowRoot) count(each.shadowRoot);
  };
  count(document);
  if (!window.Bokeh) return found;
  const names = new Set();
  for (const doc of Bokeh.documents) {
    found.documents += 1;
    for (const model of doc._all_models.values()) {
      if (model.type !== "ColumnDataSource") continue;
      const data = model.data instanceof Map ? Object.fromEntries(model.data) : model.data;
      const columns = Object.keys(data).sort();
      const rows = columns.length ? data[columns[0]].length : 0;
      found.rows[columns.join(" ")] = rows;
      for (const name of data.name || []) names.add(name.trim());
      if (data.key) data.name.forEach((name, i) => found.colours[name.trim()] = data.color[i]);
    }
  }
  found.names = [...names];
  return found;
})()
"""
"""Counts what bokeh has drawn; its models keep their data by columns."""


@dataclass
class Page:
    """What was found on a page.

    Parameters
    ----------
    documents, canvases : int
        Of bokeh, and all canvases.
    rows : dict of str to int
        Rows of each data source, by the names of its columns.
    names : set of str
        What the columns called ``name`` hold.
    colours : dict of str to str
        Of tasks, by the name of their bar.
    failed, requested : list of str
        Scripts that could not be loaded or raised; addresses asked for.
    """

    documents: int = 0
    canvases: int = 0
    rows: dict[str, int] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    colours: dict[str, str] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)
    requested: list[str] = field(default_factory=list)

    def rows_with(self, *columns: str) -> int:
        """Most rows of a data source that has these columns."""
        having = (n for names, n in self.rows.items() if set(columns) <= set(names.split()))
        return max(having, default=0)


class Browser:
    """A running chromium.

    Parameters
    ----------
    port : int
        Where it answers.
    """

    def __init__(self, port: int) -> None:
        self._port = port

    def look(self, url: str, shown: set[str], tasks: set[str], picture: Path | None = None) -> Page:
        """Open a page and wait until it shows some names and tasks, or until the time is over."""
        return asyncio.run(self._look(url, shown, tasks, picture))

    async def _look(self, url: str, shown: set[str], tasks: set[str], picture: Path | None) -> Page:
        new = Request(f"http://127.0.0.1:{self._port}/json/new?about:blank", method="PUT")
        with urlopen(new, timeout=30) as answer:
            tab = json.load(answer)
        socket = await websocket_connect(tab["webSocketDebuggerUrl"], max_message_size=2**28)
        wire = _Wire(socket)
        for domain in ("Page", "Network", "Runtime"):
            await wire.ask(f"{domain}.enable")
        await wire.ask("Page.navigate", url=url)
        end = time.monotonic() + LOOK_SECONDS
        while True:
            found = await wire.value(SURVEY)
            names = set(found["names"])
            there = found["canvases"] and shown <= names and tasks <= set(found["colours"])
            if there or time.monotonic() > end:
                break
            await asyncio.sleep(1)
        if picture:
            await asyncio.sleep(2)  # colours and sizes follow the data
            shot = await wire.ask("Page.captureScreenshot", format="png")
            picture.write_bytes(base64.b64decode(shot["data"]))
        await wire.ask("Page.close")
        await wire.end()
        return Page(**{**found, "names": names}, failed=wire.failed, requested=wire.requested)


class _Wire:
    """Questions and answers on one websocket, and what the page tells in between."""

    def __init__(self, socket: WebSocketClientConnection) -> None:
        self.failed: list[str] = []
        self.requested: list[str] = []
        self._socket = socket
        self._last = 0
        self._urls: dict[str, str] = {}

    async def ask(self, method: str, **params: Any) -> Any:
        """Call a method of the protocol."""
        self._last += 1
        await self._socket.write_message(
            json.dumps({"id": self._last, "method": method, "params": params})
        )
        while True:
            text = await asyncio.wait_for(self._socket.read_message(), LOOK_SECONDS)
            assert text is not None, "the browser has hung up"
            message = json.loads(text)
            if message.get("id") == self._last:
                assert "error" not in message, message
                return message["result"]
            self._note(message.get("method"), message.get("params", {}))

    async def value(self, script: str) -> Any:
        """Evaluate a script on the page."""
        answer = await self.ask("Runtime.evaluate", expression=script, returnByValue=True)
        return answer["result"]["value"]

    async def end(self) -> None:
        """Wait until the page, which has been closed, hangs up."""
        while await asyncio.wait_for(self._socket.read_message(), LOOK_SECONDS) is not None:
            pass
        self._socket.close()
        await asyncio.sleep(0)  # the loop closes what was hung up

    def _note(self, method: str, params: dict[str, Any]) -> None:
        if method == "Network.requestWillBeSent":
            url = params["request"]["url"]
            self._urls[params["requestId"]] = url
            if not url.startswith("data:"):
                self.requested.append(url)
        elif method == "Network.loadingFailed" and params.get("type") == "Script":
            self.failed.append(self._urls.get(params["requestId"], params["errorText"]))
        elif method == "Runtime.exceptionThrown":
            details = params["exceptionDetails"]
            self.failed.append(details.get("exception", details).get("description", str(details)))


@contextmanager
def browser(folder: Path) -> Iterator[Browser]:
    """Run chromium with a profile in a folder for the time of a ``with`` statement."""
    assert PROGRAM is not None
    folder.mkdir()
    command = [PROGRAM, *FLAGS, f"--user-data-dir={folder}", "about:blank"]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
    try:
        yield Browser(_port(folder / "DevToolsActivePort", process))
    finally:
        # its own session: this process and those it has started
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _port(file: Path, process: subprocess.Popen[bytes]) -> int:
    """Wait until chromium has written where it answers."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        lines = file.read_text().splitlines() if file.exists() else []
        if len(lines) > 1:
            return int(lines[0])
        time.sleep(0.5)
    raise AssertionError((file.parent / "log").read_text())
