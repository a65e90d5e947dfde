"""Workers: what they are, what they may do, and what their death costs."""

from pathlib import Path
from types import SimpleNamespace

import pytest
import toy_scan
from toy_scan import IDENTITY, Toy, group, masses, sha256

from jobs import local
from jobs.threads import THREAD_VARIABLES
from physics.errors import InputError
from scanner.blocks.blocks import ArraySpec, Block, GroupSpec
from scanner.execution import execute, parallel
from scanner.execution.worker import Outcome
from scanner.storage import store

M4 = masses(40)


def test_two_groups_on_two_workers_as_in_one_process(tmp_path: Path) -> None:
    oil = group(M4, ("microboone", "sbnd"), 3, "bnb_mineral_oil", "miniboone_fhc")
    groups = [group(M4), oil]
    summary = toy_scan.run(tmp_path / "two", groups, Toy(M4), workers=2)
    assert (summary.done, summary.exit_code) == (40 + 14, 0)
    toy_scan.run(tmp_path / "none", groups, Toy(M4))
    for name in ("bnb_argon", "bnb_mineral_oil"):
        assert sha256(tmp_path / "two", name) == sha256(tmp_path / "none", name)


def test_a_deadly_block_fails_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(local, "ALLOWED_DEATHS", 1)
    path = tmp_path / "scan.zarr"
    deadly = Toy(M4, deadly=frozenset([M4[7]]), seconds=0.01)
    summary = toy_scan.run(path, [group(M4)], deadly, workers=2)
    assert (summary.done, summary.failed, summary.exit_code) == (39, 1, 2)
    assert "signal 9" in summary.errors[0]
    with store.open_or_create(path, [group(M4)], IDENTITY) as opened:
        regions = opened.regions("bnb_argon")
        assert "signal 9" in regions.message(7)
        # two deaths, each with at most one more block on the other worker; once more apart
        assert regions.executions().sum() <= 40 + 2 * 2 + 1
    assert capfd.readouterr().err == ""
    assert toy_scan.run(path, [group(M4)], Toy(M4), retry={"failed"}).exit_code == 0


def test_workers_have_one_thread_for_everything(tmp_path: Path) -> None:
    spec = GroupSpec(
        "g",
        "g",
        {"m4": (1.0,)},
        (ArraySpec("threads", ("variable",), "int64"),),
        {"variable": ((*THREAD_VARIABLES, "dask"), {})},
    )
    with store.open_or_create(tmp_path / "s", [spec], {}) as opened:
        assert execute.run(opened, toy_scan.Environment(), workers=3).exit_code == 0
        assert opened.response("g")["threads"].values.tolist() == [[1] * 5]


def test_submission_is_windowed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "LEAST_AHEAD", 2)
    summary = toy_scan.run(tmp_path / "s", [group(M4)], Toy(M4), workers=1)
    assert summary.done == 40


@pytest.mark.parametrize("status", ["finished", "lost", "pending"])
def test_an_outcome_counts_although_its_worker_has_left(
    status: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    outcome = Outcome("g", 3, 0.1, None)

    def submit(function: object, block: Block, key: str, pure: bool) -> SimpleNamespace:
        return SimpleNamespace(key=key, status=status, release=lambda: None)

    client = SimpleNamespace(
        register_plugin=lambda plugin, name: None, nthreads=lambda: {"a": 1}, loop=None,
        submit=submit, futures={}, cancel=lambda futures, force: None,
    )  # fmt: skip
    monkeypatch.setattr(
        parallel, "as_completed", lambda futures, **_: ((f, outcome) for f in futures)
    )
    runner = SimpleNamespace(layouts={"g": SimpleNamespace(spec=SimpleNamespace(label="g"))})
    block = SimpleNamespace(group="g", index=3)
    assert list(parallel.run_blocks(client, runner, iter([block]))) == [outcome]  # type: ignore[arg-type]


class Unpicklable(Toy):
    """Cannot be sent."""

    def __reduce__(self) -> str:
        raise TypeError("this evaluate cannot be pickled")


def test_an_unpicklable_evaluate_is_an_error_at_once(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="pickle"):
        toy_scan.run(tmp_path / "s", [group(M4)], Unpicklable(M4), workers=1)


def test_no_worker_starts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def never(self: object, count: int, timeout: float) -> None:
        raise TimeoutError

    monkeypatch.setattr(local.Client, "wait_for_workers", never)
    with pytest.raises(InputError, match="none of 1 workers started"):
        toy_scan.run(tmp_path / "s", [group(M4)], Toy(M4), workers=1)
