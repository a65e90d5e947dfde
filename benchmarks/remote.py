"""What it costs to have a store behind a URL: opening, contours, and requests per block.

    python benchmarks/remote.py [GRID]

Scans a grid to a disk and to an S3 server (moto, on this machine, in an environment that is made in
the cache of the user); serves the first over http as well. Times are the least of five. A server on
this machine answers within milliseconds: count requests to know what a distant one takes.
"""

import argparse
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from unittest import mock

import xarray as xr

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "scanner"))
import s3_server
import web_server
from cli_calls import call

REPEATS = 5
REQUEST = re.compile(r'"(?:\x1b\[[\d;]*m)*(GET|PUT|HEAD|POST|DELETE) (\S+) ')
CACHE = Path.home() / ".cache" / "hnlscan"


def least(function: Callable[[], object]) -> float:
    """Least wall time of a call (ms)."""
    times = []
    for _ in range(REPEATS):
        begin = time.perf_counter()
        function()
        times.append(time.perf_counter() - begin)
    return 1e3 * min(times)


def requests(log: Path) -> list[tuple[str, str]]:
    """Read method and path of every request so far."""
    return REQUEST.findall(log.read_text(errors="replace"))


def succeed(*arguments: str) -> str:
    """Run a command."""
    answer = call(*arguments)
    if answer.code:
        sys.exit(answer.err)
    return answer.out


def opened(store: str) -> None:
    """Open all groups as a stranger would."""
    xr.open_datatree(store, engine="zarr").close()


def main(grid: str) -> None:
    """Scan, serve, time, count."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        log = folder / "requests.log"
        url = stack.enter_context(s3_server.running(CACHE, log))
        settings = {**s3_server.ENVIRONMENT, "AWS_ENDPOINT_URL": url}
        stack.enter_context(mock.patch.dict("os.environ", settings))
        web = stack.enter_context(web_server.running(folder))
        import s3fs

        s3fs.S3FileSystem().mkdir("scans")
        succeed("run", grid, "--out", str(folder / "scan.zarr"), "--workers", "0")
        begin = time.perf_counter()
        succeed("run", grid, "--out", "s3://scans/scan.zarr", "--workers", "0")
        print(f"scan to S3 with one process: {time.perf_counter() - begin:.1f} s")
        sent = requests(log)
        marks = [(method, i) for i, (method, path) in enumerate(sent) if "/mark/c/" in path]
        ends = [i for method, i in marks if method == "PUT"]
        blocks, sampling = len(ends), sent[: ends[-1]]  # what follows is read for the cubes
        own = Counter(method for method, path in sampling if "/executions/c/" in path)
        own += Counter(method for method, path in sampling if "/known/c/" in path)
        data = re.compile(r"/response/\w+/\w+/c\.\d+\.")
        own["PUT"] += sum(m == "PUT" and bool(data.search(p)) for m, p in sampling) + blocks
        print(f"{blocks} blocks; each { ({m: round(n / blocks, 2) for m, n in own.items()}) }")
        print(f"each mark is read {(len(marks) - blocks) / blocks:g} times")
        print(f"all requests of the run: {dict(Counter(m for m, _ in sent))}")
        for name, store in (
            ("disk", str(folder / "scan.zarr")),
            ("http", f"{web}/scan.zarr"),
            ("S3", "s3://scans/scan.zarr"),
        ):
            for what, action in (
                ("open_datatree", lambda store=store: opened(store)),
                ("contour", lambda store=store: succeed("contour", store, "--json")),
            ):
                before = len(requests(log))
                wall = least(action)
                count = (len(requests(log)) - before) / REPEATS
                print(f"{name}: {what} {wall:.0f} ms, {count:g} requests to S3")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("grid", nargs="?", default="quickstart")
    main(parser.parse_args().grid)
