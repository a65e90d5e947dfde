"""Malformed grid files: one sentence that names file and key, whatever is wrong."""

import copy
import datetime
import itertools
import json
import tomllib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import grids
from physics.errors import InputError
from physics.packaged import folder

TEXT = (folder("grids") / "dipole_upscattering.toml").read_text()
M4 = '{ log = [0.01, 1.0], n = 80, unit = "GeV" }'
MU = '{ log = [1e-7, 1e-3], n = 60, unit = "GeV^-1" }'
AXES = "[axes]"
PARAMETERS = 'hnl_type = "dirac"'


def m4(text, words, inner=""):
    """Make a case in which the axis m4 is `text`."""
    return (M4, text, f"axes.m4{inner}", words)


TITLE = 'title = "Dipole portal by upscattering: transition moment against mass"'

# (text replaced, by what, key path, words of the message)
CASES = [
    # at the top
    ("title =", "titel =", "titel", "did you mean 'title'?"),
    (TITLE, "", "title", "missing"),
    (TITLE, "title = 1", "title", "got 1"),
    ('model = "dipole"', 'model = "dipol"', "model", "did you mean 'dipole'?"),
    ('model = "dipole"', "", "model", "missing; write for example"),
    ('model = "dipole"', 'model = ["dipole"]', "model", 'got ["dipole"]'),
    ("seed = 20221214", "seed = -1", "seed", "an integer of at least 0"),
    ("seed = 20221214", "seed = 1.5", "seed", "got 1.5"),
    ("seed = 20221214", "seed = true", "seed", "got true"),
    ("seed = 20221214", "seed = 9223372036854775808", "seed", "an integer"),
    ("seed = 20221214", "sed = 1", "sed", "did you mean 'seed'?"),
    # experiments
    ('"sbnd"]', '"snbd"]', "experiments[2]", "did you mean 'sbnd'?"),
    ('"sbnd"]', '"microboone"]', "experiments[2]", "given twice"),
    ('"sbnd"]', '"microboone.toml"]', "experiments[2]", "there is no such file"),
    ('"sbnd"]', '"./sbnd"]', "experiments[2]", "there is no such file"),
    ('"sbnd"]', "3]", "experiments[2]", "got 3"),
    ('"sbnd"]', '""]', "experiments[2]", "non-empty string"),
    ('experiments = ["miniboone_fhc", "microboone", "sbnd"]', "experiments = []", "experiments",
     "at least one"),
    ('experiments = ["miniboone_fhc", "microboone", "sbnd"]', 'experiments = "sbnd"',
     "experiments", 'got "sbnd"'),
    ('experiments = ["miniboone_fhc", "microboone", "sbnd"]', "", "experiments", "missing"),
    # adaptive
    (AXES, "[adaptive]\ncorse = 8\n[axes]", "adaptive.corse", "did you mean 'coarse'?"),
    (AXES, "[adaptive]\ncoarse = 6\n[axes]", "adaptive.coarse", "write for example coarse = 4"),
    (AXES, "[adaptive]\ncoarse = 1\n[axes]", "adaptive.coarse", "an integer from 2 to"),
    (AXES, "[adaptive]\ntolerance = -0.1\n[axes]", "adaptive.tolerance", "got -0.1"),
    (AXES, "[adaptive]\ntolerance = 2\n[axes]", "adaptive.tolerance", "got 2"),
    ("seed = 20221214", "adaptive = true", "adaptive", "got true"),
    # axes
    (AXES, "[axis]", "axis", "did you mean 'axes'?"),
    ("m4        =", "m_4 =", "axes.m_4", "did you mean 'm4'?"),
    ("m4        =", "mass =", "axes.mass", "is no parameter of the model dipole"),
    ("m4        =", "hnl_type =", "axes.hnl_type", "is a word, not a number"),
    ("mu_tr_mu4 =", "mu_tr_nu4 =", "axes.mu_tr_nu4", "did you mean 'mu_tr_mu4'?"),
    (f"m4        = {M4}", "", "axes.m4", "every mass of the model dipole needs a value"),
    (f"mu_tr_mu4 = {MU}", "", "axes.mu_tr_e4", "all couplings are zero"),
    (f"mu_tr_mu4 = {MU}", "mu_tr_mu4.values = [0.0]", "axes.mu_tr_e4", "all couplings are zero"),
    m4("{}", "got none of log, linear, values and tied"),
    m4("0.1", "got 0.1, but a table is needed"),
    m4("[0.1, 0.2]", "a table is needed"),
    m4("{ log = [0.01, 1], linear = [0.01, 1], n = 3 }", "got log and linear"),
    m4('{ tied = "1", values = [1] }', "got values and tied"),
    m4("{ logg = [0.01, 1], n = 3 }", "did you mean 'log'?", ".logg"),
    m4("{ log = [0.01, 1] }", "missing; write for example n = 80", ".n"),
    m4("{ log = [0.01, 1], n = 1 }", "an integer from 2 to 100000", ".n"),
    m4("{ log = [0.01, 1], n = 0 }", "got 0", ".n"),
    m4("{ log = [0.01, 1], n = -5 }", "got -5", ".n"),
    m4("{ log = [0.01, 1], n = 3.0 }", "got 3.0", ".n"),
    m4('{ log = [0.01, 1], n = "3" }', 'got "3"', ".n"),
    m4("{ log = [0.01, 1], n = 1000000000 }", "from 2 to 100000", ".n"),
    m4("{ log = [-0.01, 1], n = 3 }", "the lower end must be above 0, got -0.01", ".log"),
    m4('{ log = [0, 1], n = 3, unit = "GeV" }', "the lower end must be above 0 GeV, got 0", ".log"),
    m4("{ log = [1, 0.01], n = 3 }", "the first must be below the second", ".log"),
    m4("{ log = [0.1, 0.1], n = 3 }", "the first must be below the second", ".log"),
    m4("{ log = [0.01], n = 3 }", "a list of 2 values", ".log"),
    m4("{ log = [0.01, 0.1, 1], n = 3 }", "a list of 2 values", ".log"),
    m4("{ log = 0.01, n = 3 }", "a list of 2 values", ".log"),
    m4("{ log = [0.01, nan], n = 3 }", "got nan", ".log[1]"),
    m4("{ log = [0.01, inf], n = 3 }", "got inf", ".log[1]"),
    m4('{ log = [0.01, "1"], n = 3 }', 'got "1"', ".log[1]"),
    m4("{ log = [0.1, 0.1000000000001], n = 9 }", "not distinct in 12 digits", ".log"),
    m4("{ linear = [0, 1], n = 3 }", "m4 must be above 0 GeV", ".linear"),
    m4("{ linear = [-1, 1], n = 3 }", "got -1, but m4 must be above 0 GeV", ".linear"),
    m4("{ linear = [1, 0.5], n = 3 }", "the first must be below", ".linear"),
    m4("{ values = [] }", "at least one value", ".values"),
    m4("{ values = 0.1 }", "at least one value", ".values"),
    m4("{ values = [0.1, 0.1] }", "increase strictly", ".values[1]"),
    m4("{ values = [0.2, 0.1] }", "got 0.1 after 0.2", ".values[1]"),
    m4("{ values = [0.1, 0.10000000000001] }", "in 12 digits", ".values[1]"),
    m4("{ values = [0.1, -0.2] }", "increase strictly", ".values[1]"),
    m4("{ values = [-0.1, 0.2] }", "must be above 0 GeV", ".values[0]"),
    m4("{ values = [0.1, nan] }", "got nan", ".values[1]"),
    m4("{ values = [0.1, true] }", "got true", ".values[1]"),
    m4("{ values = [0.1, 0.2], n = 2 }", "has its own length; remove it", ".n"),
    m4('{ values = [10, 20], unit = "MeV" }', 'got "MeV", but m4 is in GeV', ".unit"),
    m4("{ values = [0.1], unit = 1 }", "got 1", ".unit"),
    (MU, '{ log = [1e-7, 1e-3], n = 60, unit = "GeV" }', "axes.mu_tr_mu4.unit", "GeV^-1"),
    (MU, "{ linear = [-1e-7, 1e-3], n = 60 }", "axes.mu_tr_mu4.linear", "at least 0 GeV^-1"),
    (MU, "{ log = [1e-7, 1e-3], n = 10000 }\nmu_tr_e4 = { log = [1, 2], n = 1000 }", "axes",
     "but at most 1e+08"),
    (f"m4        = {M4}\nmu_tr_mu4 = {MU}", 'm4.tied = "0.1"\nmu_tr_mu4.tied = "1e-6"', "axes",
     "has only tied quantities"),
    # tied quantities
    m4('{ tied = "3 * m5" }', 'uses the unknown name "m5"', ".tied"),
    m4('{ tied = "3 * m4" }', "m4 are tied in a circle", ".tied"),
    m4('{ tied = "3 *" }', 'got "3 *", but a number, a name or ( is needed', ".tied"),
    m4('{ tied = "(3" }', "a ) is missing", ".tied"),
    m4('{ tied = "" }', "non-empty string", ".tied"),
    m4("{ tied = 3 }", "got 3", ".tied"),
    m4('{ tied = "1", n = 3 }', "has no values; remove it", ".n"),
    m4('{ tied = "1", unit = "MeV" }', "m4 is in GeV", ".unit"),
    m4('{ tied = "2 * hnl_type" }', "uses hnl_type, which is a word", ".tied"),
    m4('{ tied = "__import__(1)" }', "an operator or the end is needed", ".tied"),
    m4('{ tied = "mu_tr_mu4 - 1e-7" }', "got 0 at mu_tr_mu4 = 1e-07, but m4 must be above 0 GeV",
     ".tied"),
    m4('{ tied = "1 / (mu_tr_mu4 - 1e-7)" }', "gives inf at mu_tr_mu4 = 1e-07", ".tied"),
    m4('{ tied = "1e300 * 1e300" }', "gives inf, but a finite number", ".tied"),
    m4('{ tied = "0 - 1" }', "got -1, but m4 must be above 0 GeV", ".tied"),
    m4('{ tied = "2 * x" }\nx = { tied = "y" }\ny = { tied = "x" }', "tied in a circle", ".tied"),
    (M4, f"{M4}\nx.values = [1, 2]", "axes.x", "no tied quantity uses it"),
    (M4, M4 + '\nx.tied = "2 * m4"', "axes.x", "no tied quantity uses it"),
    (M4, M4 + '\nmu_tr_e4.tied = "1e-6 - m4"', "axes.mu_tr_e4.tied",
     "got -0.999999 at m4 = 1, but mu_tr_e4 must be at least 0 GeV^-1"),
    # parameters
    (PARAMETERS, 'hnl_type = "weyl"', "parameters.hnl_type", "allowed are dirac, majorana"),
    (PARAMETERS, 'hnl_type = "Dirac"', "parameters.hnl_type", "did you mean 'dirac'?"),
    (PARAMETERS, "hnl_type = 1", "parameters.hnl_type", "got 1"),
    (PARAMETERS, 'hnl_tipe = "dirac"', "parameters.hnl_tipe", "did you mean 'hnl_type'?"),
    (PARAMETERS, "m4 = 0.1", "parameters.m4", "is given in [axes] as well"),
    (PARAMETERS, "mu_tr_e4 = -1e-7", "parameters.mu_tr_e4", "at least 0 GeV^-1"),
    (PARAMETERS, 'mu_tr_e4 = "1e-7"', "parameters.mu_tr_e4", 'got "1e-7"'),
    (PARAMETERS, "mu_tr_e4 = nan", "parameters.mu_tr_e4", "got nan"),
    (PARAMETERS, "mu_tr_e4 = [1e-7]", "parameters.mu_tr_e4", "a finite number"),
    (PARAMETERS, "mu_tr_e4 = { value = 1 }", "parameters.mu_tr_e4.value", "unknown key"),
    (PARAMETERS, "mu_tr_e4 = {}", "parameters.mu_tr_e4.tied", "missing"),
    (PARAMETERS, 'hnl_type = { tied = "1" }', "parameters.hnl_type", "write a word"),
    (PARAMETERS, 'mu_tr_e4 = { tied = "mu_tr_m4" }', "parameters.mu_tr_e4.tied",
     "did you mean 'mu_tr_mu4'?"),
    (PARAMETERS, "U2_e4 = 1e-7", "parameters.U2_e4", "the model dipole has m4, mu_tr_e4"),
    # precision and statistic
    ("relative = 0.01", "relative = 0", "precision.relative", "at least 1e-05"),
    ("relative = 0.01", "relative = 1", "precision.relative", "at most 0.5"),
    ("relative = 0.01", 'relative = "1 %"', "precision.relative", 'got "1 %"'),
    ("relative = 0.01", "relativ = 0.01", "precision.relativ", "did you mean 'relative'?"),
    ("replicates = 16", "replicates = 8", "precision.replicates", "from 16 to 4096"),
    ("replicates = 16", "replicates = 16.5", "precision.replicates", "got 16.5"),
    ("\nevents = 512", "\nevents = 500", "precision.events", "write for example events = 256"),
    ("\nevents = 512", "\nevents = 0", "precision.events", "an integer from 16"),
    ("max_events = 131072", "max_events = 1000", "precision.max_events", "a power of two"),
    ("max_events = 131072", "max_events = 4096", "precision.max_events", "16 replicates of 512"),
    ("\nevents = 512", "\nevents = 16384", "precision.max_events", "131072 events are fewer"),
    ("[precision]", "[precisions]", "precisions", "did you mean 'precision'?"),
    ('method = "cls"', 'method = "CLs"', "statistic.method", "allowed are cls"),
    ('method = "cls"', "method = []", "statistic.method", "got []"),
    ("confidence_level = 0.90", "confidence_level = 90", "statistic.confidence_level", "at most"),
    ("confidence_level = 0.90", "confidence_level = 0.1", "statistic.confidence_level", "at least"),
    ("confidence_level = 0.90", "cl = 0.9", "statistic.cl", "unknown key"),
    ("[statistic]", "[[statistic]]", "statistic", "a table is needed"),
]  # fmt: skip


def complaint(path):
    """Load a grid and return the sentence it earns, without the file."""
    with pytest.raises(InputError) as caught:
        grids.load(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert message.isprintable()
    return message.removeprefix(f"{path}: ")


@pytest.mark.parametrize(("old", "new", "where", "words"), CASES)
def test_wrong_file_earns_one_sentence_with_its_key(tmp_path, old, new, where, words):
    assert old in TEXT
    path = tmp_path / "mine.toml"
    path.write_text(TEXT.replace(old, new, 1))
    message = complaint(path)
    assert message.startswith(f"{where}: ")
    assert words in message


def test_there_are_a_hundred_cases_and_each_is_another():
    assert len(CASES) >= 100
    assert len({(old, new) for old, new, *_ in CASES}) == len(CASES)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "missing"),
        (b"[axes", "not valid TOML"),
        (b"title = 'a'\ntitle = 'b'", "not valid TOML"),
        (b"title = '\xe9'", "not UTF-8"),
        (b"\xff\xfet\x00", "not UTF-8"),
        (b"a = " + b"[" * 9999, "nested too deeply"),
        (b"a = 1" + b"0" * 9999, "not valid TOML"),
        (b"\x00" * 20, "not valid TOML"),
        (b'"x\\ny" = 1', 'unknown key "x\\ny"'),
    ],
)
def test_files_that_are_hardly_toml(tmp_path, content, words):
    path = tmp_path / "mine.toml"
    path.write_bytes(content)
    assert words in complaint(path)


def test_missing_file_folder_and_unknown_name(tmp_path):
    assert "there is no such file" in complaint(tmp_path / "none.toml")
    assert "this is a folder" in complaint(tmp_path)
    with pytest.raises(InputError, match="unknown grid 'quikstart'; did you mean 'quickstart'"):
        grids.load("quikstart")


def test_same_experiment_under_two_paths(tmp_path):
    (tmp_path / "sbnd.toml").write_text('base = "sbnd"')
    path = tmp_path / "mine.toml"
    path.write_text(TEXT.replace('"microboone"', '"sbnd.toml"'))
    assert complaint(path).startswith("experiments[2]: 'sbnd' is named twice")


# ---------------------------------------------------------------- mutations

DATA = tomllib.loads(TEXT)
JUNK = [
    True, 0, -1, 1, 2**70, 0.0, 1e-320, 1e300, -1e300, float("inf"), float("nan"), "", "x",
    "1 / m4", "a\nb", [], [1], [1, 2], [0.5, 0.1], ["x"], [[]], {}, {"a": 1}, {"values": [1, 2]},
    {"tied": "m4 * mu_tr_mu4"}, {"log": [1, 2], "n": 2}, datetime.date(2024, 1, 1),
]  # fmt: skip


def dump(value):
    """Write TOML, everything inline."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{dump(k)} = {dump(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(dump, value)) + "]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return str(value).lower() if isinstance(value, bool) else str(value)


def places(value, path=()):
    """List the paths of everything inside."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    found = []
    for name, inner in items:
        found.append((*path, name))
        if isinstance(inner, dict | list):
            found += places(inner, (*path, name))
    return found


def load_changed(path, place, change):
    """Load the grid with the value at `place` changed; only an InputError may come of it."""
    data = copy.deepcopy(DATA)
    inner = data
    for step in place[:-1]:
        inner = inner[step]
    change(inner, place[-1])
    path.write_text("\n".join(f"{dump(k)} = {dump(v)}" for k, v in data.items()), encoding="utf-8")
    try:
        grids.load(path)
    except InputError as problem:
        assert str(problem).isprintable()
        assert str(problem).startswith(f"{path}: ")
        return str(problem)
    return ""


def test_every_value_may_be_any_junk(tmp_path):
    path = tmp_path / "mine.toml"
    wrong = 0
    for place, junk in itertools.product(places(DATA), JUNK):
        wrong += bool(load_changed(path, place, lambda t, k, junk=junk: t.__setitem__(k, junk)))
    assert wrong > 0.8 * len(places(DATA)) * len(JUNK)


def test_every_key_may_be_missing(tmp_path):
    path = tmp_path / "mine.toml"
    top = [("title",), ("model",), ("experiments",), ("axes",)]
    axes = [("axes", name, *key) for name in DATA["axes"] for key in ((), ("log",), ("n",))]
    ends = [place for place in places(DATA) if place[-2:-1] == ("log",)]
    for place in places(DATA):
        message = load_changed(path, place, lambda t, k: t.__delitem__(k))
        assert bool(message) == (place in top + axes + ends)


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    """One folder for all examples."""
    return tmp_path_factory.mktemp("mutated")


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    place=st.sampled_from(places(DATA)),
    junk=st.recursive(
        st.one_of(st.booleans(), st.integers(), st.floats(), st.text(max_size=8)),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=4), inner, max_size=2)
        ),
        max_leaves=6,
    ),
)
def test_any_value_may_be_anything(here, place, junk):
    load_changed(here / "mine.toml", place, lambda t, k: t.__setitem__(k, junk))


@settings(max_examples=60, deadline=None)
@given(start=st.integers(0, len(TEXT)), length=st.integers(1, 200), junk=st.binary(max_size=6))
def test_damaged_bytes_never_end_in_a_traceback(here, start, length, junk):
    path = here / "damaged.toml"
    content = TEXT.encode()
    path.write_bytes(content[:start] + junk + content[start + length :])
    try:
        grids.load(path)
    except InputError as problem:
        assert str(problem).isprintable()
        assert str(problem).startswith(f"{path}: ")
