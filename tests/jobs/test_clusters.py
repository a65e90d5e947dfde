"""Clusters by name, by address and by file."""

import re
from pathlib import Path

import pytest

from jobs.clusters import KINDS, client, load
from jobs.settings import BATCH, KEYS, shipped
from physics.errors import InputError

COMMENTED = re.compile(r"^# (\w+ = )", re.M)


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_has_settings(name: str) -> None:
    site = load(name)
    assert (site.kind, site.source) == (name, name)
    assert set(KINDS) == set(KEYS)


@pytest.mark.parametrize("name", KINDS)
def test_what_is_commented_out_is_valid_and_complete(name: str, tmp_path: Path) -> None:
    text = COMMENTED.sub(r"\1", shipped(name).read_text())
    path = tmp_path / "mine.toml"
    path.write_text(text)
    site = load(str(path))
    keys = set(re.findall(r"^(\w+) =", text, re.M)) - {"kind"}
    assert keys == set(KEYS[name])
    for key in keys - {"how", "walltime", "memory", "patience", "logs", "path", "address"}:
        assert getattr(site, key), key


def test_settings_of_slurm() -> None:
    site = load("slurm")
    assert (site.how, site.workers, site.walltime) == ("allocation", 16, 43200)
    assert (site.memory, site.memory_mebibytes) == ("2GB", 1908)
    assert {load(kind).how for kind in BATCH if kind != "slurm"} == {"array"}


def test_schedulers_by_file_and_address() -> None:
    assert load("scheduler-file:/shared/a b.json").path == "/shared/a b.json"
    assert load("tls://[::1]:8786").address == "tls://[::1]:8786"


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("slrum", r"unknown cluster 'slrum'; did you mean 'slurm'\? `hnlscan list clusters`"),
        ("http://host:1", "unknown cluster"),
        ("tls://host", "unknown cluster.*tls://HOST:PORT"),
        ("scheduler-file:", "unknown cluster"),
        ("./none.toml", "no such file"),
    ],
)
def test_unknown_names(name: str, complaint: str) -> None:
    with pytest.raises(InputError, match=complaint):
        load(name)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "kind: missing"),
        ('kind = "slrum"', "kind: unknown \"slrum\"; did you mean 'slurm'"),
        ('kind = "slurm"\nhow = "arrays"', "how: unknown \"arrays\"; did you mean 'array'"),
        ('kind = "pbs"\nhow = "allocation"', "allowed are array, elastic"),
        ('kind = "pbs"\nnodes = 2', "nodes: unknown key"),
        ('kind = "htcondor"\nqueue = "a"', "queue: unknown key"),
        ('kind = "sge"\nworkers = 0', "workers: got 0"),
        ('kind = "sge"\nwalltime = "12h"', 'walltime: got "12h", but H:MM:SS'),
        ('kind = "lsf"\nwalltime = 12', "walltime: got 12"),
        ('kind = "slurm"\nmemory = "much"', 'memory: got "much"'),
        ('kind = "slurm"\nmemory = "100MB"', "at least 500MB"),
        ('kind = "slurm"\nsetup = "module load"', "setup: got"),
        ('kind = "address"\naddress = "node7"', 'address: got "node7"'),
        ('kind = "ray"\nworkers = 2', "workers: unknown key"),
    ],
)
def test_mistakes_in_files(text: str, complaint: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(InputError, match=f"mine.toml: .*{complaint}") as error:
        load(str(path))
    assert "\n" not in str(error.value)


def test_empty_lists_are_allowed(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('kind = "slurm"\nsetup = []\ndirectives = []')
    assert load(str(path)).setup == ()


@pytest.mark.parametrize("name", ["job-array", "ray"])
def test_not_everything_is_a_dask_client(name: str) -> None:
    with pytest.raises(InputError, match=f"{name} computes without a Dask client"):
        client(load(name), 2)


def test_this_machine() -> None:
    with client(load("local"), 1) as connected:
        assert connected.submit(abs, -3).result(timeout=60) == 3
