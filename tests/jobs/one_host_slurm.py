"""A real Slurm on this host, for as long as a ``with`` statement lasts.

One slurmctld, one slurmd and one munged, in the foreground as children of this process, on the
loopback, with all their files in one folder; as root or as anybody else. No cgroups and no
accounting: nothing of the machine is changed.

python one_host_slurm.py FOLDER COMMAND...   runs a command with it
"""

import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

NEEDED = ("slurmctld", "slurmd", "munged", "sbatch", "srun", "squeue", "scontrol", "scancel")
INSTALL = "apt-get install --no-install-recommends slurmctld slurmd slurm-client munge"

CORES = 8
"""Cores the node claims to have, so that several jobs run on few."""

START_SECONDS, STOP_SECONDS = 30, 10

CONFIGURATION = """
ClusterName=onehost
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller_port}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
# a requeued job waits until its old credential is worthless
AuthInfo=socket={folder}/munge.socket,cred_expire=8
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
ProctrackType=proctrack/linuxproc
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
DefMemPerCPU=500
SlurmdParameters=config_overrides
SchedulerParameters=batch_sched_delay=0,sched_interval=1,bf_interval=2
ReturnToService=2
KillWait=3
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmdSpoolDir={folder}/spool
StateSaveLocation={folder}/state
PlugStackConfig=/dev/null
NodeName={host} NodeAddr=127.0.0.1 Port={node_port} CPUs={cores} RealMemory=32000 State=UNKNOWN
PartitionName=debug Nodes={host} Default=YES MaxTime=01:00:00 State=UP
"""


def missing() -> list[str]:
    """Programs that have to be installed first."""
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
    return [name for name in NEEDED if shutil.which(name, path=path) is None]


@contextmanager
def one_host_slurm(folder: Path) -> Iterator[Path]:
    """Start Slurm, give its configuration file, and stop it with whatever it still runs."""
    folder = folder.absolute()
    for name in ("spool", "state"):
        (folder / name).mkdir(parents=True)
    configuration = folder / "slurm.conf"
    configuration.write_text(
        CONFIGURATION.format(
            folder=folder,
            host=socket.gethostname().partition(".")[0],
            user=subprocess.check_output(["id", "-un"], text=True).strip(),
            controller_port=free_port(),
            node_port=free_port(),
            cores=CORES,
        )
    )
    key = folder / "munge.key"
    key.write_bytes(secrets.token_bytes(1024))
    key.chmod(0o400)
    environment = {
        **os.environ,
        "SLURM_CONF": str(configuration),
        "PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin",
    }
    munge = [
        "munged", "--foreground", "--force", f"--key-file={key}", f"--socket={folder}/munge.socket",
        f"--pid-file={folder}/munged.pid", f"--seed-file={folder}/munge.seed", "--num-threads=2",
        f"--log-file={folder}/munged.log",
    ]  # fmt: skip
    with ExitStack() as stack:
        for command in (munge, ["slurmctld", "-D", "-c"], ["slurmd", "-D"]):
            stack.enter_context(running(command, environment, folder))
            if command is munge:
                wait_for(lambda: (folder / "munge.socket").exists(), folder)
        wait_for(lambda: ask("sinfo", "-h", "-o", "%t", environment=environment) == "idle", folder)
        try:
            yield configuration
        finally:
            ask("scancel", "--state=PENDING", "--me", environment=environment)
            ask("scancel", "--me", environment=environment)
            gone = lambda: not ask("squeue", "-h", "--me", environment=environment)  # noqa: E731
            wait_for(gone, folder)


@contextmanager
def running(command: list[str], environment: dict[str, str], folder: Path) -> Iterator[None]:
    """Run a daemon in the foreground, and end it by its process number."""
    with (folder / f"{command[0]}.out").open("w") as out:
        process = subprocess.Popen(
            command, env=environment, stdout=out, stderr=out, start_new_session=True
        )
        try:
            yield
        finally:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def ask(*command: str, environment: dict[str, str] | None = None) -> str:
    """Run a short command and give what it printed."""
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=30)
    return done.stdout.strip()


def wait_for(condition: "object", folder: Path) -> None:
    """Wait for a condition, or show what the daemons said."""
    deadline = time.monotonic() + START_SECONDS
    while not condition():  # type: ignore[operator]
        if time.monotonic() > deadline:
            said = "\n".join(f"{f.name}: {f.read_text()[-2000:]}" for f in folder.glob("*.out"))
            raise TimeoutError(f"Slurm did not do what it was asked\n{said}")
        time.sleep(0.1)


def free_port() -> int:
    """Find a port of the loopback that nobody uses."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


if __name__ == "__main__":
    with one_host_slurm(Path(sys.argv[1])) as conf:
        sys.exit(subprocess.call(sys.argv[2:], env={**os.environ, "SLURM_CONF": str(conf)}))
