"""A web server as plain as they come: no lists of folders and no ranges."""

import contextlib
import functools
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any


class Files(http.server.SimpleHTTPRequestHandler):
    """Gives files and nothing else."""

    def list_directory(self, path: Any) -> None:
        """Refuse."""
        self.send_error(403)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@contextlib.contextmanager
def running(folder: Path) -> Iterator[str]:
    """Serve a folder from a thread; gives its URL."""
    handler = functools.partial(Files, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()
