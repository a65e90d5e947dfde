"""Who listens where, asked of the machine."""

import os
import socket
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from scanner.execution.progress import Silent

LISTENS = "0A"
"""State of a socket in the tables of the kernel."""

Address = tuple[str, int]


@dataclass
class Noted(Silent):
    """Keeps what a scan tells, and asks the machine now and then who listens."""

    dashboard: str | None = None
    told: list[str] = field(default_factory=list)
    listening: set[Address] = field(default_factory=set)
    updates: int = 0

    def start(self, tallies: object, dashboard: str | None) -> None:
        self.dashboard = dashboard

    def tell(self, line: str) -> None:
        self.told.append(line)

    def update(self, label: str, error: str | None) -> None:
        if self.updates % 10 == 0:
            self.listening |= listening_addresses()
        self.updates += 1


def listening_addresses() -> set[Address]:
    """Addresses and ports on which this process and those it has started listen."""
    inodes = {
        str(fd.readlink())
        for pid in [os.getpid(), *children(os.getpid())]
        for fd in Path(f"/proc/{pid}/fd").glob("*")
        if fd.is_symlink() and os.path.lexists(fd)
    }
    found = set()
    for table, family in (("tcp", socket.AF_INET), ("tcp6", socket.AF_INET6)):
        path = Path("/proc/net") / table
        for line in path.read_text().splitlines()[1:] if path.exists() else ():
            fields = line.split()
            if fields[3] == LISTENS and f"socket:[{fields[9]}]" in inodes:
                host, port = fields[1].split(":")
                found.add((socket.inet_ntop(family, packed(host)), int(port, 16)))
    return found


def packed(host: str) -> bytes:
    """Bytes of an address, which the kernel writes as words of this machine."""
    words = (host[start : start + 8] for start in range(0, len(host), 8))
    return b"".join(int(word, 16).to_bytes(4, sys.byteorder) for word in words)


def children(pid: int) -> list[int]:
    """Processes started by a process, and by those."""
    out = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True)
    direct = [int(p) for p in out.stdout.split() if Path(f"/proc/{p}/fd").exists()]
    return direct + [grand for child in direct for grand in children(child)]
