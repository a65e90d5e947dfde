"""Every command: what it prints, the keys of its JSON, and how it complains."""

import csv
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import xarray as xr
from cli_calls import GRID, LISTENING, PROGRAM, Answer, call

from physics.errors import InputError
from scanner.assembly import assemble

POINT = ("--model", "dipole", "--set", "m4=0.2", "--set", "mu_tr_mu4=2e-6")
CONTOUR = {"experiment", "statistic", "confidence_level", "side", "closed", "points"}
LIMIT = {"experiment", "statistic", "confidence_level", "point", "lower", "upper"}


@pytest.fixture(scope="session")
def grid(tmp_path_factory):
    path = tmp_path_factory.mktemp("cli") / "small.toml"
    path.write_text(GRID)
    return path


@pytest.fixture(scope="session")
def ran(grid) -> Answer:
    return call("run", grid, "--out", grid.with_suffix(".zarr"), "--workers", "0", "--json")


@pytest.fixture(scope="session")
def store(grid, ran) -> Path:
    assert ran.code == 0, ran.err
    return grid.with_suffix(".zarr")


@pytest.fixture(scope="session")
def rate(grid):
    return call("rate", "--experiment", "miniboone_fhc", *POINT, "--grid", grid, "--json").document


@pytest.fixture
def nowhere(tmp_path, monkeypatch):
    """An empty folder to be in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_run_prints_one_object_with_the_keys_of_the_contract(ran, store):
    assert set(ran.document) == {"store", "blocks", "points", "seconds"}
    assert ran.document["store"] == str(store)
    assert ran.document["blocks"] == {"total": 8, "done": 8, "failed": 0}
    assert set(ran.document["points"]) == {"total", "done", "failed", "unconverged"}
    assert ran.document["points"]["done"] == ran.document["points"]["total"] == 8
    assert ran.out.count("\n") == 1


def test_running_again_changes_nothing(grid, store):
    before = (store / "zarr.json").read_bytes()
    assert call("run", grid, "--out", store, "--workers", "0", "--json").code == 0
    assert (store / "zarr.json").read_bytes() == before
    assert not list(store.parent.glob("*.lock"))


def test_status_counts_what_is_there(store):
    found = call("status", store, "--json").document
    assert found["blocks"] == {"total": 8, "done": 8, "failed": 0}
    assert set(found) == {"store", "blocks", "points", "seconds", "seconds_left"}
    assert found["seconds_left"] == 0
    assert "sealed" in call("status", store).out
    assert "8 of 8 done" in call("status", store).out


def test_a_mass_above_the_beam_is_an_answer(store):
    point = ("--model", "dipole", "--set", "m4=20", "--set", "mu_tr_mu4=1e-4")
    found = call("rate", "--experiment", "microboone", *point, "--json").document
    assert (found["n_events"], found["n_produced"], found["n_events_sdev"]) == (0, 0, 0)
    assert found["converged"]
    assert found["channels"] == []
    for name in ("miniboone_fhc", "microboone"):
        cube = xr.open_zarr(store, group=name, chunks=None).sel(m4=20.0)
        assert (cube["n_events"].values == 0).all()
        assert (cube["status"].values == 1).all()


def test_rate_has_exactly_the_keys_of_the_contract(rate):
    assert set(rate) == {
        *("n_events", "n_events_sdev", "n_produced", "exposure_pot", "target_tonnes", "ctau_cm"),
        *("branching_ratio", "converged", "cut_flow", "channels", "final_states"),
    }
    assert rate["exposure_pot"] == 18.75e20
    assert rate["target_tonnes"] == {"tank": 818.0, "dirt": 125200.0}
    assert all(set(row) == {"step", "n"} for row in rate["cut_flow"])
    channel = {"projectile", "volume", "target", "regime", "helicity", "n_produced", "n_events"}
    assert all(set(row) == channel for row in rate["channels"])
    [state] = rate["final_states"]
    assert set(state) == {"final_state", "branching_ratio", "efficiency", "n_events"}


def test_channels_and_steps_add_up(rate):
    for total in ("n_produced", "n_events"):
        summed = sum(row[total] for row in rate["channels"])
        assert summed == pytest.approx(rate[total], rel=1e-12)
    assert {row["volume"] for row in rate["channels"]} == {"tank", "dirt"}
    assert {row["projectile"] for row in rate["channels"]} == {"nu_mu", "nu_mu_bar"}
    assert {row["regime"] for row in rate["channels"]} == {"coherent", "p-el", "n-el"}
    assert {row["helicity"] for row in rate["channels"]} == {"conserving", "flipping"}
    assert {row["target"] for row in rate["channels"]} == {"C12", "H1", "Si28", "O16"}
    numbers = [row["n"] for row in rate["cut_flow"]]
    assert numbers[0] == pytest.approx(rate["n_produced"], rel=1e-12)
    assert numbers[-1] == rate["n_events"]
    assert numbers == sorted(numbers, reverse=True)
    [state] = rate["final_states"]
    assert state["n_events"] == rate["n_events"]
    assert state["efficiency"] * rate["n_produced"] * state["branching_ratio"] == pytest.approx(
        rate["n_events"], rel=1e-12
    )


def test_rate_is_told_to_people_too(grid, rate):
    told = call("rate", "--experiment", "miniboone_fhc", *POINT, "--grid", grid).out
    assert told.startswith(f"{rate['n_events']:.4g} +- ")
    assert "0.2 < E_nu_QE < 1.25" in told


def test_width_has_exactly_the_keys_of_the_contract():
    found = call("width", *POINT, "--json").document
    assert set(found) == {"total_GeV", "ctau_cm", "channels"}
    assert all(set(row) == {"channel", "width_GeV", "branching_ratio"} for row in found["channels"])
    assert sum(row["width_GeV"] for row in found["channels"]) == pytest.approx(found["total_GeV"])
    assert sum(row["branching_ratio"] for row in found["channels"]) == pytest.approx(1)
    gamma = next(row for row in found["channels"] if row["channel"] == "nu_gamma")
    # d^2 m^3 / 4 pi with d half of mu_tr
    assert gamma["width_GeV"] == pytest.approx(1e-12 * 0.2**3 / (4 * 3.141592653589793))
    assert "nu_gamma" in call("width", *POINT).out


def test_what_lives_for_ever_is_null_in_json():
    """JSON has no infinity."""
    point = ("--model", "dipole", "--set", "m4=1e-90", "--set", "mu_tr_mu4=1e-80")
    found = call("width", *point, "--json")
    assert found.code == 0, found.err
    assert found.document["ctau_cm"] is None


def test_xsec_has_exactly_the_keys_of_the_contract():
    found = call("xsec", *POINT, "--target", "Ar40", "--energy", "1.0", "--json").document
    assert set(found) == {"per_nucleus_cm2", "channels"}
    assert all(set(row) == {"regime", "helicity", "sigma_cm2"} for row in found["channels"])
    assert sum(row["sigma_cm2"] for row in found["channels"]) == found["per_nucleus_cm2"] > 0
    low = call("xsec", *POINT, "--target", "Ar40", "--energy", "0.1", "--json").document
    assert low["per_nucleus_cm2"] == 0
    assert "per nucleus" in call("xsec", *POINT, "--target", "C12", "--energy", "1").out


def test_limits_with_another_statistic(store, nowhere):
    found = call("limits", store, "--json").document
    assert set(found) == {"axes", "limits"}
    assert found["axes"] == ["m4", "mu_tr_mu4"]
    assert all(set(row) == LIMIT for row in found["limits"])
    assert {row["statistic"] for row in found["limits"]} == {"cls"}
    words = ("--statistic", "poisson_zero_background", "--confidence-level", "0.95")
    other = call("limits", store, *words, "--json").document["limits"]
    assert {(row["statistic"], row["confidence_level"]) for row in other} == {
        ("poisson_zero_background", 0.95)
    }
    # without background less is needed to exclude; None is below the axis
    pairs = {(row["experiment"], row["point"]["m4"]): row["lower"] or 0.0 for row in other}
    assert len(pairs) == 6
    for row in found["limits"]:
        assert pairs[row["experiment"], row["point"]["m4"]] < row["lower"]
    assert call("limits", store, "--out", "l.csv").out == Path("l.csv").read_text()


def test_limits_for_another_coupling(store):
    """A moment of nu_tau shortens the life but makes nothing at this beam without nu_tau."""
    found = call("limits", store, "--set", "mu_tr_tau4=1e-5", "--json").document["limits"]
    alone = call("limits", store, "--json").document["limits"]
    assert [row["lower"] for row in found] != [row["lower"] for row in alone]


def test_contour_in_all_formats(store, nowhere):
    found = call("contour", store, "--json").document
    assert set(found) == {"x", "y", "contours"}
    assert (found["x"], found["y"]) == ("m4", "mu_tr_mu4")
    assert {row["experiment"] for row in found["contours"]} == {"miniboone_fhc", "microboone"}
    assert all(CONTOUR <= set(row) <= {*CONTOUR, "converged"} for row in found["contours"])
    for suffix in ("csv", "json", "nc"):
        assert call("contour", store, "--out", f"c.{suffix}").out.strip() == f"c.{suffix}"
    points = sum(len(row["points"]) for row in found["contours"])
    with Path("c.csv").open() as file:
        assert len(list(csv.DictReader(file))) == points
    with xr.open_dataset("c.nc", engine="scipy") as dataset:
        assert dataset.sizes["vertex"] == points
    assert call("contour", store, "--out", "c.json", "--json").document == found


def test_contours_lie_on_the_limits(store):
    lower = {
        (row["experiment"], row["point"]["m4"]): row["lower"]
        for row in call("limits", store, "--json").document["limits"]
    }
    for contour in call("contour", store, "--json").document["contours"]:
        for m4, moment in contour["points"]:
            if (expected := lower.get((contour["experiment"], m4))) is not None:
                assert moment == pytest.approx(expected, rel=1e-8)


def test_plot(store, nowhere):
    found = call("plot", store, "--out", "p.png", "--json").document
    assert set(found) == {"path", "contours", "published"}
    assert "miniboone" in " ".join(found["published"])
    assert Path("p.png").read_bytes().startswith(b"\x89PNG")
    assert call("plot", store).out.strip() == "small.png"


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("models", "dipole"),
        ("experiments", "miniboone_fhc"),
        ("grids", "quickstart"),
        ("clusters", "local"),
        ("limits", "miniboone"),
    ],
)
def test_list_gives_one_line_each(kind, name):
    found = call("list", kind, "--json").document
    assert name in found
    told = call("list", kind).out.splitlines()
    assert [line.split()[0] for line in told] == list(found)
    assert all(title and "\n" not in title for title in found.values())


WRONG = [
    ("rate --experiment sbnd --model dipol --set m4=1", "did you mean 'dipole'"),
    ("rate --experiment minibone_fhc --model dipole --set m4=1 --set mu_tr_e4=1", "miniboone_fhc"),
    ("rate --experiment sbnd --model dipole", "m4 has no value"),
    ("rate --experiment sbnd --grid quikstart --model dipole --set m4=1 --set mu_tr_e4=1", "quick"),
    ("rate --experiment gone.toml --model dipole --set m4=1 --set mu_tr_e4=1", "gone.toml"),
    ("rate --model dipole", "--experiment"),
    ("width --model dipole --set m4", "NAME=VALUE"),
    ("width --model dipole --set m4=1 --set m4=2", "twice"),
    ("width --model dipole --set m4=-1 --set mu_tr_e4=1", "above 0"),
    ("width --model dipole --set m4=heavy --set mu_tr_e4=1", "no number"),
    ("width --model dipole --set m4=inf --set mu_tr_e4=1", "no number"),
    ("width --model dipole --set m4=1 --set mu_tr_mu5=1", "did you mean 'mu_tr_mu4'"),
    ("width --model dipole --set m4=1 --set mu_tr_e4=-1", "negative"),
    ("width --model dipole --set m4=1 --set mu_tr_e4=1 --set hnl_type=majorna", "'majorana'"),
    ("width --model dipole --set m4=1", "all couplings are zero"),
    ("xsec --model dipole --set m4=1 --set mu_tr_e4=1 --target Ar41x --energy 1", "Ar41x"),
    ("xsec --model dipole --set m4=1 --set mu_tr_e4=1 --target Ar40 --energy -1", "above 0"),
    ("xsec --model dipole --set m4=1 --set mu_tr_e4=1 --target Ar40 --energy x", "'x'"),
    (
        "xsec --model dipole --set m4=1 --set mu_tr_e4=1 --target C12 --energy 1 --projectile mu",
        "nu_mu",
    ),
    ("run quikstart", "did you mean 'quickstart'"),
    ("run gone.toml", "gone.toml"),
    ("run quickstart --cluster lokal", "did you mean 'local'"),
    ("run quickstart --retry faild", "'failed'"),
    ("run quickstart --workers -1", "-1"),
    ("run", "GRID"),
    ("status gone.zarr", "gone.zarr"),
    ("limits gone.zarr", "gone.zarr"),
    ("contour gone.zarr", "gone.zarr"),
    ("plot gone.zarr", "gone.zarr"),
    ("limits {store} --statistic clz", "did you mean 'cls'"),
    ("limits {store} --confidence-level 95", "between 0.5 and 1"),
    ("limits {store} --set m4=1", "m4 cannot be set"),
    ("limits {store} --set mu_tr_mu4=1", "mu_tr_mu4 cannot be set"),
    ("limits {store} --set mu_tr_e4=-1", "negative"),
    ("limits {store} --out l.nc", ".csv"),
    ("contour {store} --out c.xyz", ".nc"),
    ("plot {store} --out p.gif", ".png"),
    ("contour {store} --out no/such/folder/c.csv", "no/such/folder"),
    ("plot {store} --out no/such/folder/p.png", "no/such/folder"),
    ("list modles", "models"),
    ("rnu quickstart", "did you mean 'run'"),
    ("frobnicate", "choose run"),
    ("run quickstart --wrokers 2", "--workers"),
]


@pytest.mark.parametrize(("line", "word"), WRONG)
def test_wrong_input_is_one_sentence_and_leaves_nothing(line, word, store, nowhere):
    arguments = line.format(store=store).split()
    for more in ([], ["--json"]):
        answer = call(*arguments, *more)
        assert (answer.code, answer.out) == (1, ""), answer
        assert answer.err.startswith("hnlscan: ")
        assert answer.err.count("\n") == 1
        assert word in answer.err
        assert "Traceback" not in answer.err
    assert list(nowhere.iterdir()) == []


def test_a_place_where_nothing_can_be_written(grid, nowhere):
    Path("file").touch()
    for out in ("file/small.zarr", "file"):
        answer = call("run", grid, "--out", out, "--workers", "0")
        assert answer.code == 1
        assert answer.err.count("\n") == 1
    assert [p.name for p in nowhere.iterdir()] == ["file"]


def test_another_grid_does_not_resume_a_store(grid, store, nowhere):
    other = nowhere / "small.toml"
    other.write_text(GRID.replace("relative = 0.2", "relative = 0.1"))
    answer = call("run", other, "--out", store, "--workers", "0")
    assert answer.code == 1
    assert answer.err.count("\n") == 1
    assert "relative" in answer.err
    assert not list(store.parent.glob("*.lock"))


def test_debug_shows_where_it_happened():
    with pytest.raises(InputError, match="no value"):
        call("width", "--model", "dipole", "--debug")


def test_a_fault_of_ours_is_no_traceback_either(monkeypatch):
    def broken(*_):
        raise ZeroDivisionError("a\nfault")

    monkeypatch.setattr("scanner.cli.points.complete", broken)
    answer = call("width", *POINT)
    assert answer.code == 1
    assert answer.err.count("\n") == 1
    assert "--debug" in answer.err


def test_usage_and_version():
    assert call("--help").out.startswith("Usage: ")
    assert call("rate", "-h").code == 0
    assert "0." in call("--version").out


def test_failed_blocks_are_exit_code_2_and_can_be_retried(grid, nowhere, monkeypatch):
    answers = assemble.Evaluate.__call__

    def sometimes(self, block, known):
        if block.group == "bnb_argon" and block.index == 1:
            raise MemoryError("no more")
        return answers(self, block, known)

    command = ("run", grid, "--out", "s.zarr", "--workers", "0", "--json")
    with monkeypatch.context() as broken:
        broken.setattr(assemble.Evaluate, "__call__", sometimes)
        answer = call(*command)
    assert answer.code == 2
    assert answer.document["blocks"] == {"total": 8, "done": 7, "failed": 1}
    cube = xr.open_zarr("s.zarr", group="microboone", consolidated=False, chunks=None)
    assert cube["status"].values[:, 0].tolist() == [1, 2, 1, 1]
    assert cube["n_events"].isnull().values[:, 0].tolist() == [False, True, False, False]
    assert call(*command).code == 2
    answer = call(*command, "--retry", "failed")
    assert (answer.code, answer.document["blocks"]["failed"]) == (0, 0)


def start(*arguments, **options):
    return subprocess.Popen(
        [sys.executable, "-c", LISTENING + PROGRAM, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


def test_interrupt_is_exit_code_3_and_the_same_command_goes_on(nowhere, store):
    grid = nowhere / "longer.toml"
    values = 'log = [0.02, 0.9], n = 120, unit = "GeV"'
    grid.write_text(GRID.replace('values = [0.05, 0.2, 0.4, 20.0], unit = "GeV"', values))
    process = start("run", grid, "--workers", "0", "--json", start_new_session=True)
    marks = nowhere / "longer.zarr" / "_scan" / "bnb_argon" / "mark" / "c"
    deadline = time.monotonic() + 120
    while len(list(marks.glob("*"))) < 3:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 3, err
    assert "Traceback" not in err
    done = call("status", "longer.zarr", "--json").document["blocks"]
    assert 3 <= done["done"] < done["total"]
    assert sorted(p.name for p in nowhere.iterdir()) == ["longer.toml", "longer.zarr"]
    assert call("plot", "longer.zarr", "--out", "early.png").code == 0
    assert call("run", grid, "--workers", "0").code == 0


def test_a_reader_that_leaves_is_no_error():
    with start("list", "limits") as process:
        process.stdout.close()
        assert process.wait(timeout=60) == 0
        assert process.stderr.read() == ""


def test_workers_give_what_one_process_gives(grid, store, nowhere):
    process = start("run", grid, "--out", "w.zarr", "--workers", "2", "--json")
    out, err = process.communicate(timeout=200)
    assert process.returncode == 0, err
    assert '"done": 8' in out
    assert "dashboard http://127.0.0.1:" in err
    for group in ("microboone", "miniboone_fhc", "contours"):
        ours, theirs = (xr.open_zarr(p, group=group, chunks=None).load() for p in ("w.zarr", store))
        assert ours.identical(theirs)


def test_help_imports_nothing_heavy():
    program = (
        "import sys; from scanner.cli.main import main\ntry: main(['--help'])\nexcept SystemExit:"
    )
    program += " print([m for m in ('numba', 'xarray', 'matplotlib', 'distributed', 'scipy', "
    program += "'numpy', 'vegas') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_width_and_lists_import_no_kernel():
    program = (
        "import sys; from scanner.cli.main import main\n"
        "for words in ({!r}, ['list', 'experiments']):\n"
        "    try: main(words)\n    except SystemExit: pass\n"
        "print([m for m in ('numba', 'xarray', 'matplotlib', 'distributed', 'scipy', 'vegas') "
        "if m in sys.modules])"
    ).format(["width", *POINT])
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "[]", done


def test_a_store_knows_shipped_files_by_name_and_others_by_path(grid, store, nowhere):
    record = xr.open_zarr(store, consolidated=False).attrs["grid"]
    assert record["path"] == str(grid)
    assert {e["path"] for e in record["experiments"].values()} == {"miniboone_fhc", "microboone"}
    # a user's experiment may be called like a shipped one
    (nowhere / "sbnd.toml").write_text('base = "sbnd"\nexposure_pot = 1e19\n')
    own = nowhere / "own.toml"
    own.write_text(GRID.replace('"miniboone_fhc", "microboone"', '"./sbnd.toml"'))
    assert call("run", own, "--workers", "0").code == 0
    assert call("limits", "own.zarr", "--json").code == 0
    (nowhere / "sbnd.toml").write_text('base = "sbnd"\nexposure_pot = 2e19\n')
    answer = call("limits", "own.zarr")
    assert (answer.code, answer.err.count("\n")) == (1, 1)
    assert "sbnd has changed" in answer.err


ONE_AXIS = {
    "limits": GRID.replace('m4 = { values = [0.05, 0.2, 0.4, 20.0], unit = "GeV" }\n', "").replace(
        "[axes]", "[parameters]\nm4 = 0.2\n\n[axes]"
    ),
    "status": GRID.replace(
        'mu_tr_mu4 = { log = [1e-7, 1e-3], n = 6, unit = "GeV^-1" }\n', ""
    ).replace("[axes]", "[parameters]\nmu_tr_mu4 = 2e-6\n\n[axes]"),
}


@pytest.mark.parametrize("following", ONE_AXIS)
def test_a_grid_of_one_axis_says_what_it_has(following, nowhere):
    Path("one.toml").write_text(ONE_AXIS[following])
    answer = call("run", "one.toml", "--workers", "0")
    assert answer.code == 0, answer.err
    assert answer.out.splitlines()[-1] == f"next: hnlscan {following} one.zarr"
    for name in ("plot", "contour"):
        refused = call(name, "one.zarr")
        assert (refused.code, refused.err.count("\n")) == (1, 1)
        assert "one axis" in refused.err
    assert call("limits", "one.zarr").code == int(following == "status")
    cube = xr.open_zarr("one.zarr", group="microboone", chunks=None)
    assert cube["n_events"].ndim == 1
