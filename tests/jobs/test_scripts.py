"""Batch jobs, to the letter; `dry_runs` has what is expected, `test_slurm` runs those of Slurm.

    PYTHONPATH=tests/scanner python tests/jobs/test_scripts.py

writes what is expected anew, to be read before it is committed.
"""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cli_calls import Answer, call

from jobs.settings import WAYS
from scanner.storage import store as stores

EXPECTED = Path(__file__).parent / "dry_runs"

SETTINGS = """
kind = "{kind}"
how = "{how}"
workers = 4
walltime = "1-00:00:00"
memory = "2GB"
account = "hnl"
setup = ["module load gcc", "export HNLSCAN_CACHE_DIR=/shared/cache"]
directives = ["{directive}"]
interface = "ib0"
local_directory = "/local"
logs = "logs"
python = "/env/bin/python"
"""
DIRECTIVES = {
    "slurm": "--constraint=skylake",
    "pbs": "-l place=scatter",
    "lsf": "-M 2000",
    "sge": "-l mem_free=2G",
    "htcondor": "+JobFlavour = tomorrow",
}
JOBS = [f"{kind}-{how}" for kind, ways in WAYS.items() for how in ways]
Program = Callable[[str, str], None]


def write_settings(name: str, folder: Path) -> Path:
    """Settings of a site that uses everything."""
    kind, _, how = name.partition("-")
    text = SETTINGS.format(kind=kind, how=how, directive=DIRECTIVES[kind])
    text += 'queue = "long"\n' if kind != "htcondor" else ""
    text += "nodes = 2\n" if kind == "slurm" else ""
    path = folder / "site.toml"
    path.write_text(text)
    return path


def dry_run(name: str, folder: Path, *options: str) -> Answer:
    path = write_settings(name, folder)
    out = folder / "quickstart.zarr"
    return call("submit", "quickstart", "--cluster", path, "--out", out, "--dry-run", *options)


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Program]:
    """Put programs of one's own first in the path; they note how they were called."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")

    def write(name: str, text: str) -> None:
        note = f'echo "{name} $*" >> {tmp_path}/called'
        (folder / name).write_text(f"#!/bin/sh\n{note}\n{text}\n")
        (folder / name).chmod(0o755)

    yield write


@pytest.mark.parametrize("name", JOBS)
def test_what_is_printed_and_nothing_else_done(name: str, tmp_path: Path) -> None:
    answer = dry_run(name, tmp_path)
    assert answer.code == 0, answer.err
    printed = answer.out.replace(str(tmp_path), "/scan")
    assert printed == (EXPECTED / f"{name}.txt").read_text()
    assert [path.name for path in tmp_path.iterdir()] == ["site.toml"]


@pytest.mark.parametrize("name", JOBS)
def test_bash_understands_the_scripts(name: str) -> None:
    text = (EXPECTED / f"{name}.txt").read_text()
    scripts = [part for part in text.split("###") if "#!/usr/bin/env bash" in part]
    assert scripts
    for script in scripts:
        body = script[script.index("#!") :]
        subprocess.run(["bash", "-n"], input=body, text=True, check=True)


def test_numbers_as_json(tmp_path: Path) -> None:
    document = dry_run("slurm-elastic", tmp_path, "--json", "--workers", "7").document
    script = document.pop("script")
    assert script.startswith("#!/usr/bin/env bash\n#SBATCH")
    assert document == {
        "how": "elastic",
        "workers": 7,
        "walltime_seconds": 86400,
        "block_seconds": 3.0,
        "ends_seconds": {"run": 86274, "warning": 63, "lifetime": 84609, "stagger": 1728},
    }


def test_times_follow_from_measured_blocks(tmp_path: Path) -> None:
    out = tmp_path / "quickstart.zarr"
    with stores.open_or_create(out, [], {}) as opened:
        seconds = [{"longest_block_seconds": each} for each in (2.0, 40.0)]
        opened.update_attrs(runs=[*seconds, {"workers": 2}])
    document = dry_run("slurm-array", tmp_path, "--json").document
    assert document["block_seconds"] == 40.0
    assert document["ends_seconds"]["warning"] == 100
    assert "--signal=B:TERM@100" in document["script"]


SUBMITTED = {
    "slurm-allocation": ("sbatch", "echo '17;main'", "17", ["--parsable {}.allocation.sh"]),
    "slurm-array": (
        "sbatch",
        "echo 17",
        "17",
        ["--parsable {}.array.sh", "--parsable --dependency=afterany:17 {}.finish.sh"],
    ),
    "pbs-array": (
        "qsub",
        "echo '17[].server'",
        "17[].server",
        ["{}.array.sh", "-W depend=afterany:17[].server {}.finish.sh"],
    ),
    "lsf-array": (
        "bsub",
        "grep -q BSUB && echo 'Job <17> is submitted to queue <long>.'",
        "17",
        ["", "-w ended(17)"],
    ),
    "sge-array": (
        "qsub",
        "echo 17.1-4:1",
        "17",
        ["-terse {}.array.sh", "-terse -hold_jid 17 {}.finish.sh"],
    ),
    "htcondor-array": (
        "condor_submit_dag",
        "echo '1 job(s) submitted to cluster 17.'",
        "17",
        ["-force {}.dag"],
    ),
    "htcondor-elastic": (
        "condor_submit",
        "echo '1 job(s) submitted to cluster 17.'",
        "17",
        ["{}.elastic.sub"],
    ),
}


@pytest.mark.parametrize("name", SUBMITTED)
def test_what_is_called(name: str, tmp_path: Path, program: Program) -> None:
    command, text, job, calls = SUBMITTED[name]
    program(command, text)
    out = tmp_path / "quickstart.zarr"
    path = write_settings(name, tmp_path)
    answer = call("submit", "quickstart", "--cluster", path, "--out", out, "--json")
    assert answer.code == 0, answer.err
    assert answer.document["job"] == job
    script = Path(answer.document["path"])
    assert script.stat().st_mode & 0o111
    assert (tmp_path / "logs").is_dir()
    called = (tmp_path / "called").read_text().splitlines()
    expected = [f"{command} {each.format(tmp_path / 'quickstart')}".strip() for each in calls]
    assert [line.strip() for line in called] == expected


def submit(tmp_path: Path, name: str = "slurm-array", *options: str) -> Answer:
    path = write_settings(name, tmp_path)
    out = tmp_path / "quickstart.zarr"
    return call("submit", "quickstart", "--cluster", path, "--out", out, *options)


def test_a_refusal_is_passed_on(tmp_path: Path, program: Program) -> None:
    program("sbatch", "echo 'sbatch: error: invalid account' >&2; exit 1")
    answer = submit(tmp_path)
    assert (answer.code, answer.out) == (1, "")
    assert "sbatch refused the job: sbatch: error: invalid account; correct" in answer.err


def test_a_refusal_halfway_says_what_is_queued(tmp_path: Path, program: Program) -> None:
    program("sbatch", 'case "$*" in *afterany*) exit 1;; *) echo 17;; esac')
    answer = submit(tmp_path)
    assert answer.code == 1
    assert "no reason was given; job 17 is in the queue already" in answer.err


def test_no_such_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    answer = submit(tmp_path)
    assert answer.code == 1
    assert "there is no command sbatch here; submit from where" in answer.err


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (
            ["quickstart", "--cluster", "local"],
            "local has no queue to submit to; allowed are",
        ),
        (["quickstart", "--cluster", "tls://a:1"], "use `hnlscan run --cluster tls://a:1`"),
        (["quickstart", "--cluster", "slrum"], "did you mean 'slurm'"),
        (["quickstrat", "--cluster", "slurm"], "did you mean 'quickstart'"),
        (["quickstart", "--cluster", "pbs", "--workers", "1"], "an array of 1 element is no array"),
        (["quickstart", "--cluster", "pbs", "--out", "a b.zarr"], "a b.zarr' has characters"),
        (["quickstart"], "Missing option '--cluster'"),
    ],
)
def test_complaints(
    words: list[str], complaint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    answer = call("submit", *words, "--dry-run")
    assert (answer.code, answer.out) == (1, "")
    assert complaint in answer.err
    assert answer.err.count("\n") == 1


def test_a_walltime_shorter_than_its_blocks_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "site.toml"
    path.write_text('kind = "slurm"\nwalltime = "0:01:00"\n')
    answer = call("submit", "quickstart", "--cluster", path, "--dry-run")
    assert answer.code == 1
    assert "a walltime of 00:01:00 is too short for blocks of 3 s" in answer.err


def test_grids_of_ones_own_are_given_by_their_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = (Path(__file__).parents[2] / "grids" / "quickstart.toml").read_text()
    Path("mine.toml").write_text(text)
    answer = call("submit", "mine.toml", "--cluster", "slurm", "--dry-run", "--json")
    script = answer.document["script"]
    assert f"hnlscan run {tmp_path}/mine.toml --out {tmp_path}/mine.zarr" in script
    assert json.dumps(script)


if __name__ == "__main__":
    from tempfile import TemporaryDirectory

    EXPECTED.mkdir(exist_ok=True)
    for each in JOBS:
        with TemporaryDirectory() as place:
            found = dry_run(each, Path(place))
        assert found.code == 0, found.err
        (EXPECTED / f"{each}.txt").write_text(found.out.replace(place, "/scan"))
