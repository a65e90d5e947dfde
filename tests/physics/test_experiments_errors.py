"""Malformed experiment files: one sentence that names file and key, whatever is wrong."""

import copy
import datetime
import json
import tomllib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from physics import experiments
from physics.errors import InputError
from physics.packaged import folder

TEXT = (folder("physics.experiments") / "miniboone_fhc.toml").read_text()
SBND = (folder("physics.experiments") / "sbnd.toml").read_text()

TANK = 'shape = { sphere_cm = 610.6 }\nmaterial = "CH2"\nmass_tonnes = 818.0'
CUTS = 'selection = [["E_vis", 0.14, inf], ["E_nu_QE", 0.2, 1.25]]'
CONE = "{ radius = [104.7, 1027.0], z = [-48720.0, -1320.0] }"
STATES = 'final_states = ["nu_gamma", "nu_e_e"]'
MERGING = "merging = { opening_angle_deg = 13.0, least_energy_GeV = 0.03 }"
SP = "signature.single_photon"

# (text replaced, by what, key path, words of the message)
CASES = [
    # words and numbers at the top
    ("title =", "titel =", "titel", "did you mean 'title'?"),
    ('title = "MiniBooNE, neutrino mode: excess of single electromagnetic showers"', "title = 3",
     "title", "got 3, but a non-empty string"),
    ('kind = "search"', 'kind = "serach"', "kind", "did you mean 'search'?"),
    ('kind = "search"', "", "kind", "missing; write for example kind ="),
    ('kind = "search"', "kind = true", "kind", "got true"),
    ('beam = "bnb_at_miniboone"', 'beam = "bnb_at_minibone"', "beam", "mean 'bnb_at_miniboone'?"),
    ('beam = "bnb_at_miniboone"', 'beam = "beam.toml"', "beam", "there is no such file"),
    ('beam = "bnb_at_miniboone"', "beam = 7", "beam", "got 7"),
    ('beam = "bnb_at_miniboone"', "", "beam", "missing"),
    ("exposure_pot = 18.75e20", "exposure_pot = 0", "exposure_pot", "number above 0 is needed"),
    ("exposure_pot = 18.75e20", "exposure_pot = -1e20", "exposure_pot", "got -1e+20"),
    ("exposure_pot = 18.75e20", "exposure_pot = nan", "exposure_pot", "got nan"),
    ("exposure_pot = 18.75e20", "exposure_pot = inf", "exposure_pot", "got inf"),
    ("exposure_pot = 18.75e20", 'exposure_pot = "18.75e20"', "exposure_pot", 'got "18.75e20"'),
    ("exposure_pot = 18.75e20", "exposure_pot = true", "exposure_pot", "got true"),
    ("exposure_pot = 18.75e20", "exposure_pot = [1e20]", "exposure_pot", "got [1e+20]"),
    ("exposure_pot = 18.75e20", "exposure_pot = 2024-01-01", "exposure_pot", "got 2024-01-01"),
    ("exposure_pot = 18.75e20", "exposure_pot = 1" + "0" * 400, "exposure_pot", "more than 20"),
    ("exposure_pot = 18.75e20", "", "exposure_pot", "missing"),
    ("exposure_pot = 18.75e20", "exposure_pots = 18.75e20", "exposure_pots", "did you mean"),
    # sources
    ('exposure_pot = { cite = "arXiv:2006.16883", where = "abstract" }', "",
     "source.exposure_pot", "every number needs one"),
    ("observed = { cite", "observd = { cite", "source.observd", "did you mean 'observed'?"),
    ("efficiency = { cite", "efficiency = { city", "source.efficiency.city", "mean 'cite'?"),
    ('{ cite = "arXiv:2006.16883", where = "abstract" }', '{ where = "abstract" }',
     "source.exposure_pot.cite", "missing"),
    ('{ cite = "arXiv:2006.16883", where = "abstract" }', '"arXiv:2006.16883"',
     "source.exposure_pot", "a table is needed"),
    ('{ cite = "arXiv:2006.16883", where = "abstract" }', '{ cite = "  " }',
     "source.exposure_pot.cite", "non-empty string"),
    ('{ cite = "arXiv:2006.16883", where = "abstract" }', '{ cite = "x", verified = "no" }',
     "source.exposure_pot.verified", "true or false"),
    ("[source]", "[source]\nflux = { cite = 'x' }", "source.flux", "unknown source"),
    ("[source]", "[sources]", "sources", "did you mean 'source'?"),
    # volumes
    (TANK, TANK + "\ncolour = 1", "volumes[0].colour", "unknown key"),
    ('name = "tank"', 'name = "Tank 1"', "volumes[0].name", "lower case"),
    ('name = "tank"', "", "volumes[0].name", "missing"),
    ('name = "fiducial"', 'name = "tank"', "volumes[1].name", "given twice"),
    ("sphere_cm = 610.6", "spere_cm = 610.6", "volumes[0].shape.spere_cm", "mean 'sphere_cm'?"),
    ("sphere_cm = 610.6", "sphere_cm = -610.6", "volumes[0].shape.sphere_cm", "at least 0.001"),
    ("sphere_cm = 610.6", "sphere_cm = 0", "volumes[0].shape.sphere_cm", "at least 0.001"),
    ("sphere_cm = 610.6", "sphere_cm = [610.6]", "volumes[0].shape.sphere_cm", "got [610.6]"),
    ("{ sphere_cm = 610.6 }", "{}", "volumes[0].shape", "got 0 shapes"),
    ("{ sphere_cm = 610.6 }", "610.6", "volumes[0].shape", "a table is needed"),
    ("{ sphere_cm = 610.6 }", "{ sphere_cm = 610.6, box_cm = [1, 1, 1] }", "volumes[0].shape",
     "got 2 shapes"),
    ("{ sphere_cm = 610.6 }", "{ box_cm = [900, 900] }", "volumes[0].shape.box_cm",
     "a list of 3 values"),
    ("{ sphere_cm = 610.6 }", "{ box_cm = [900, 900, -1] }", "volumes[0].shape.box_cm[2]", "-1"),
    ("{ sphere_cm = 610.6 }", "{ cylinder_cm = [500] }", "volumes[0].shape.cylinder_cm",
     "a list of 2 values"),
    ("{ sphere_cm = 610.6 }", "{ cylinder_cm = [500, nan] }", "volumes[0].shape.cylinder_cm[1]",
     "got nan"),
    (TANK, TANK + "\ncentre_cm = [0, 0]", "volumes[0].centre_cm", "a list of 3 values"),
    (TANK, TANK + "\ncentre_cm = [0, 0, inf]", "volumes[0].centre_cm[2]", "got inf"),
    (TANK, TANK + "\ncentre_cm = [0, 0, -54100]", "volumes[0].shape", "source is at z = -54100"),
    (TANK, TANK + "\ncentre_cm = [0, 0, -1500]", "volumes[2].shape", 'overlaps "tank"'),
    ('material = "CH2"', 'material = "CH22"', "volumes[0].material", "did you mean 'CH2'?"),
    ('material = "CH2"', "", "volumes[0].material", "missing"),
    ("mass_tonnes = 818.0", "", "volumes[0].mass_tonnes", "missing"),
    ("mass_tonnes = 818.0", "mass_tonnes = 0.0", "volumes[0].mass_tonnes", "above 0"),
    ("mass_tonnes = 818.0", "mass_tonnes = 818e3", "volumes[0].mass_tonnes", "check the units"),
    ("mass_tonnes = 818.0", "mass_tonnes = 818.0\ndensity_g_cm3 = 0.8", "volumes[0].density_g_cm3",
     "must agree to 2 %"),
    ("mass_tonnes = 125200.0", "mass_tonnes = 55626.5", "volumes[2].density_g_cm3",
     "have 0.9552 g/cm^3"),
    ("density_g_cm3 = 2.15", "density_g_cm3 = 0", "volumes[2].density_g_cm3", "above 0"),
    ("decay = true", "decay = true\ndensity_g_cm3 = 1.0", "volumes[1].density_g_cm3", "target"),
    ("decay = true", "decay = 1", "volumes[1].decay", "true or false"),
    ("decay = true", "decay = false", "volumes", "none sees decays"),
    ("decay = true", "", "volumes", "none sees decays"),
    ('flux = "inverse_square"', 'flux = "square"', "volumes[2].flux", "mean 'inverse_square'?"),
    (TANK, TANK + '\nflux = "inverse_square"', "volumes[0].flux", "only a cone"),
    (CONE, "{ radius = [104.7, 1027.0], z = [-48720.0, -320.0] }", "volumes[2].density_g_cm3",
     "agree"),
    (CONE, "{ radius = [1027.0, 104.7], z = [-48720.0, -1320.0] }", "volumes[2].shape.cone_cm",
     "does not widen"),
    (CONE, "{ radius = [115.0, 1020.0], z = [-48720.0, -1320.0] }", "volumes[2].shape.cone_cm",
     "opens from the neutrino source"),
    (CONE, "{ radius = [104.7, 1027.0], z = [-1320.0, -48720.0] }",
     "volumes[2].shape.cone_cm.z[1]", "increase strictly"),
    (CONE, "{ radius = [0, 1027.0], z = [-48720.0, -1320.0] }",
     "volumes[2].shape.cone_cm.radius[0]", "at least 0.001"),
    (CONE, "{ radius = [104.7, 1027.0] }", "volumes[2].shape.cone_cm.z", "missing"),
    (CONE, "{ radius = [104.7, 1027.0], z = [-99999.0, -1320.0] }", "volumes[2].density_g_cm3",
     "agree"),
    (CONE, "[1, 2]", "volumes[2].shape.cone_cm", "a table is needed"),
    ('flux = "inverse_square"', 'flux = "inverse_square"\ndecay = true', "volumes[2].decay",
     "only a sphere, box or cylinder"),
    ('flux = "inverse_square"', 'flux = "inverse_square"\ncentre_cm = [0, 0, 1]',
     "volumes[2].centre_cm", "placed by its own z"),
    # signature
    (f"[{SP}]", "[signature.Photon]", "signature", "exactly one signature"),
    (f"[{SP}]", "[signature.other]\n[signature.single_photon]", "signature", "exactly one"),
    (STATES, 'final_states = ["nu_gama"]', f"{SP}.final_states[0]",
     "did you mean 'nu_gamma'?"),
    (STATES, "final_states = []", f"{SP}.final_states", "at least one"),
    (STATES, 'final_states = "nu_gamma"', f"{SP}.final_states", "a list"),
    (STATES, 'final_states = ["nu_gamma", "nu_gamma"]',
     f"{SP}.final_states[1]", "given twice"),
    (CUTS, "", f"{SP}.selection", "missing"),
    (CUTS, "selection = []", f"{SP}.selection", "at least one"),
    (CUTS, 'selection = [["E_viss", 0.1, 1.0]]', f"{SP}.selection[0][0]", "mean 'E_vis'?"),
    (CUTS, 'selection = [["E_vis", 0.1]]', f"{SP}.selection[0]", "got 2 entries"),
    (CUTS, 'selection = [["E_vis", 1.0, 0.1]]', f"{SP}.selection[0]", "min must be below max"),
    (CUTS, 'selection = [["E_vis", nan, 0.1]]', f"{SP}.selection[0][1]", "got nan"),
    (CUTS, 'selection = [["E_vis", 0.1, "inf"]]', f"{SP}.selection[0][2]", 'got "inf"'),
    (CUTS, 'selection = [["E_vis", 140, inf]]', f"{SP}.selection[0]", "give them in GeV"),
    (CUTS, 'selection = [["cos_theta", 2, 3]]', f"{SP}.selection[0]", "from -1 to 1"),
    (CUTS, 'selection = [["p_vis", 150, inf]]', f"{SP}.selection[0]",
     "no momentum between these limits reaches from 0 to 9.975 GeV"),
    (CUTS, 'selection = [["m_pair", -1, 0]]', f"{SP}.selection[0]", "no mass between"),
    (CUTS, 'selection = [["theta_pair", 13, 180]]', f"{SP}.selection[0]", "from 0 to pi rad"),
    (CUTS, 'selection = [["E_theta2", 100, inf]]', f"{SP}.selection[0]",
     "no E theta^2 between these limits reaches from 0 to 98.45 GeV rad^2"),
    (CUTS, 'selection = [["t", 30000, inf]]', f"{SP}.selection[0]",
     "no t between these limits reaches from 0 to 497.5 GeV^2"),
    (CUTS, 'selection = [["t", -inf, 0]]', f"{SP}.selection[0]", "give them in GeV^2"),
    (CUTS, 'selection = [["E_vis", 0.1, 1], ["E_vis", 0.2, 1]]', f"{SP}.selection[1][0]", "twice"),
    (CUTS, 'selection = ["E_vis", 0.1, 1]', f"{SP}.selection[0]", "a list is needed"),
    (CUTS, "selection = { E_vis = 1 }", f"{SP}.selection", "got a table"),
    (MERGING, "merging = 13.0", f"{SP}.merging", "a table is needed"),
    (MERGING, "merging = {}", f"{SP}.merging", "got [], but either opening_angle_deg and"),
    (MERGING, "merging = { opening_angle_deg = 13.0, r = [0.1] }", f"{SP}.merging",
     "but either opening_angle_deg and least_energy_GeV or energy_GeV and r are needed"),
    (MERGING, "merging = { angle = 13.0 }", f"{SP}.merging.angle", "unknown key"),
    ("opening_angle_deg = 13.0, ", "", f"{SP}.merging.opening_angle_deg", "missing"),
    (", least_energy_GeV = 0.03", "", f"{SP}.merging.least_energy_GeV", "missing"),
    ("opening_angle_deg = 13.0", "opening_angle_deg = 0", f"{SP}.merging.opening_angle_deg",
     "above 0"),
    ("opening_angle_deg = 13.0", "opening_angle_deg = 190", f"{SP}.merging.opening_angle_deg",
     "at most 180"),
    ("least_energy_GeV = 0.03", "least_energy_GeV = 30", f"{SP}.merging.least_energy_GeV",
     "got 30, but the beam ends at 9.975 GeV"),
    ("least_energy_GeV = 0.03", "least_energy_GeV = -1", f"{SP}.merging.least_energy_GeV",
     "at least 0"),
    (MERGING, "merging = { energy_GeV = [0.1, 1.0] }", f"{SP}.merging.r", "missing"),
    (MERGING, "merging = { r = [0.5, 0.2] }", f"{SP}.merging.energy_GeV", "missing"),
    (MERGING, "merging = { energy_GeV = [0.1, 1.0], r = [0.5] }", f"{SP}.merging.r",
     "a list of 2 values"),
    (MERGING, "merging = { energy_GeV = [1.0, 0.1], r = [0.5, 0.2] }",
     f"{SP}.merging.energy_GeV[1]", "increase strictly"),
    (MERGING, "merging = { energy_GeV = [100, 1000], r = [0.5, 0.2] }",
     f"{SP}.merging.energy_GeV", "give it in GeV"),
    (MERGING, "merging = { energy_GeV = [0.1, 1.0], r = [0, 0] }", f"{SP}.merging.r",
     "zero everywhere"),
    (MERGING, "", "source.merging", 'unknown source "merging"'),
    ("observed = 2870", "observed = 2870.5", f"{SP}.observed", "an integer"),
    ("observed = 2870", "observed = -1", f"{SP}.observed", "got -1"),
    ("observed = 2870", "observed = true", f"{SP}.observed", "got true"),
    ("observed = 2870", "", f"{SP}.observed", "missing"),
    ("mean = 2359.0", "mean = -1", f"{SP}.background.mean", "at least 0"),
    ("mean = 2359.0", "mean = 0", f"{SP}.background.uncertainty", "write 0.0"),
    ("mean = 2359.0, ", "", f"{SP}.background.mean", "missing"),
    ("uncertainty = 124.2", "uncertainty = nan", f"{SP}.background.uncertainty", "got nan"),
    ("uncertainty = 124.2", "sigma = 124.2", f"{SP}.background.sigma", "unknown key"),
    ("uncertainty = 124.2,", "uncertainty = 124.2, parts = { a = 1000.0, b = 1300.0 },",
     f"{SP}.background.parts", "add up to 2300, but mean is 2359"),
    ("uncertainty = 124.2,", "uncertainty = 124.2, parts = { a = 2400.0, b = -41.0 },",
     f"{SP}.background.parts.b", "at least 0"),
    ("{ flux = 0.10, efficiency = 0.15 }", "{ flux = 10 }", f"{SP}.signal_uncertainty.flux",
     "at most 1"),
    ("{ flux = 0.10, efficiency = 0.15 }", "0.18", f"{SP}.signal_uncertainty", "a table"),
    ("observed = 2870", 'observed = 2870\nstatistic = "CLs"', f"{SP}.statistic", "allowed are cls"),
    ("energy_stochastic = 0.12", "", f"{SP}.smearing.energy_stochastic", "missing"),
    ("energy_stochastic = 0.12", "energy_stocastic = 0.12", f"{SP}.smearing.energy_stocastic",
     "did you mean 'energy_stochastic'?"),
    ("energy_constant = 0.01", "energy_constant = -0.1", f"{SP}.smearing.energy_constant", "-0.1"),
    ("angle_log_deg = 1.0", 'angle_log_deg = "1"', f"{SP}.smearing.angle_log_deg", 'got "1"'),
    ("0.05, 0.15, 0.25", "0.05, 0.25, 0.25", f"{SP}.efficiency.energy_GeV[2]", "increase strictly"),
    ("0.05, 0.15, 0.25", "-0.05, 0.15, 0.25", f"{SP}.efficiency.energy_GeV[0]", "at least 0"),
    ("0.00000, 0.16182", "0.16182", f"{SP}.efficiency.value", "a list of 16 values"),
    ("0.00000, 0.16182", "0.0, 16.182", f"{SP}.efficiency.value[1]", "at most 1"),
    ("0.00000, 0.16182", "-0.1, 0.16182", f"{SP}.efficiency.value[0]", "got -0.1"),
    (f"[{SP}.efficiency]", f"[{SP}.efficiency]\nconstant = 0.1", f"{SP}.efficiency", "remove"),
]  # fmt: skip


def complaint(text: str, folder: Path, name: str = "mine.toml") -> str:
    """Write a file, load it, and return the sentence it earns."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        experiments.load(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert message.isprintable()
    return message.removeprefix(f"{path}: ")


@pytest.mark.parametrize(("old", "new", "where", "words"), CASES)
def test_wrong_file_earns_one_sentence_with_its_key(tmp_path, old, new, where, words):
    assert old in TEXT
    message = complaint(TEXT.replace(old, new, 1), tmp_path)
    assert message.startswith(f"{where}: ")
    assert words in message


def test_there_are_a_hundred_cases_and_each_is_another():
    assert len(CASES) >= 100
    assert len({(old, new) for old, new, *_ in CASES}) == len(CASES)


@pytest.mark.parametrize(
    ("old", "new", "where", "words"),
    [
        ("made = ", "maid = ", "background.maid", "mean 'made'?"),
        ("observed = 3906", "observed = 3900", "observed", "rounded background, 3906"),
        ("constant = 0.07", "constant = 0", "efficiency.constant", "above 0"),
        ("constant = 0.07", "constant = 7", "efficiency.constant", "at most 1"),
        ("constant = 0.07", "energy_GeV = [100, 200], value = [0.1, 0.2]",
         "efficiency.energy_GeV", "give it in GeV"),
        ("constant = 0.07", "energy_GeV = [0.1, 0.2], value = [0, 0]", "efficiency.value", "zero"),
        ("constant = 0.07", "", "efficiency.energy_GeV", "missing"),
    ],
)  # fmt: skip
def test_wrong_projection(tmp_path, old, new, where, words):
    assert old in SBND
    message = complaint(SBND.replace(old, new, 1), tmp_path)
    assert message.startswith(f"{SP}.{where}: ")
    assert words in message


def test_projection_says_how_its_background_was_made(tmp_path):
    lines = [line for line in SBND.splitlines() if not line.startswith("made")]
    assert complaint("\n".join(lines), tmp_path).startswith(f"{SP}.background.made: missing")


def test_two_targets_may_not_share_space(tmp_path):
    second = '[[volumes]]\nname = "rock"\nshape = { box_cm = [2000, 2000, 2000] }\n'
    second += 'centre_cm = [1100, 0, 0]\nmaterial = "SiO2"\nmass_tonnes = 17000.0\n\n'
    message = complaint(SBND.replace(f"[{SP}]", second + f"[{SP}]", 1), tmp_path)
    assert message.startswith('volumes[1].shape: overlaps "tpc"')


def test_pairs_in_flight_are_not_merged(tmp_path):
    text = 'base = "ps191"\nsignature.charged_pair.merging = { energy_GeV = [0.1], r = [0.5] }\n'
    message = complaint(text, tmp_path)
    assert message.startswith("signature.charged_pair.merging: given for decays in flight")


def test_no_target(tmp_path):
    text = SBND.replace('material = "Ar"\nmass_tonnes = 112.0\ndensity_g_cm3 = 1.396\n', "")
    assert complaint(text, tmp_path).startswith("volumes: none is a target")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "missing; write for example"),
        ("exposure_pot = ", "not valid TOML"),
        ("a = 1\na = 2", "not valid TOML"),
        ("a = " + "[" * 5000, "not valid TOML"),
        ("a = 1" + "0" * 5000, "not valid TOML"),
        ("\x00", "not valid TOML"),
        ('"a\\nb" = 1', 'unknown key "a\\nb"'),
        ("volumes.shape = 1", "missing"),
    ],
)
def test_files_that_are_hardly_toml(tmp_path, text, words):
    assert words in complaint(text, tmp_path)


def test_bytes_that_are_not_utf8(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_bytes(b'title = "ok"\nkind = "\xff\xfe"')
    with pytest.raises(InputError, match=r"mine\.toml: line 2: got bytes that are not UTF-8"):
        experiments.load(path)


def test_byte_order_mark_and_windows_lines_are_read(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_bytes(b"\xef\xbb\xbf" + SBND.replace("\n", "\r\n").encode())
    assert experiments.load(path).exposure_pot == 6.6e20


def test_missing_file_folder_and_unreadable_name(tmp_path):
    for path, words in (
        (tmp_path / "none.toml", "there is no such file"),
        (tmp_path, "this is a folder"),
        (tmp_path / "a\0b.toml", "cannot be read"),
        (tmp_path / ("x" * 300 + ".toml"), "cannot be read"),
        (tmp_path / "two\nlines.toml", "there is no such file"),
    ):
        with pytest.raises(InputError, match=words) as caught:
            experiments.load(path)
        assert str(caught.value).isprintable()


def test_unknown_name_lists_the_nearest():
    with pytest.raises(InputError) as caught:
        experiments.load("minibone_fhc")
    assert str(caught.value).startswith(
        "unknown experiment 'minibone_fhc'; did you mean 'miniboone_fhc'? "
        "`hnlscan list experiments` shows all 14"
    )
    with pytest.raises(InputError, match="unknown experiment 'x'; `hnlscan list experiments`"):
        experiments.load("x")


@pytest.mark.parametrize("name", ["contours.toml", "1st.toml", "my detector.toml", "é.toml"])
def test_file_names_that_cannot_name_a_group_of_the_store(tmp_path, name):
    assert "the name of the file names the experiment" in complaint(SBND, tmp_path, name)


# ---------------------------------------------------------------- mutations by hypothesis

JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(min_value=2**63),
    st.floats(),
    st.text(max_size=8),
    st.just(datetime.date(2024, 1, 1)),
    st.lists(st.one_of(st.floats(), st.text(max_size=3), st.lists(st.integers())), max_size=4),
    st.dictionaries(st.text(max_size=4), st.integers(), max_size=2),
)


def dump(value: object) -> str:
    """Write TOML, everything inline."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key(k)} = {dump(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(dump, value)) + "]"
    if isinstance(value, str):
        return key(value)
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)


def key(text: str) -> str:
    """Write a TOML string or quoted key."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def document(data: dict) -> str:
    """Write a whole TOML file."""
    return "\n".join(f"{key(k)} = {dump(v)}" for k, v in data.items())


def places(value: object, path: tuple = ()) -> list[tuple]:
    """List the paths of everything inside."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    found = []
    for name, inner in items:
        found.append((*path, name))
        if isinstance(inner, dict | list):
            found += places(inner, (*path, name))
    return found


DATA = tomllib.loads(TEXT)


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    """One folder for all examples."""
    return tmp_path_factory.mktemp("mutated")


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(place=st.sampled_from(places(DATA)), junk=JUNK)
def test_any_value_may_be_anything(here, place, junk):
    data = copy.deepcopy(DATA)
    inner = data
    for step in place[:-1]:
        inner = inner[step]
    if junk is None:
        del inner[place[-1]]
    else:
        inner[place[-1]] = junk
    path = here / "mutated.toml"
    path.write_text(document(data), encoding="utf-8")
    try:
        experiments.load(path)
    except InputError as problem:
        message = str(problem)
        assert message.isprintable()
        assert message.startswith(f"{path}: ")


@settings(max_examples=100, deadline=None)
@given(place=st.sampled_from([p for p in [(), *places(DATA)] if len(p) < 5]), name=st.text())
def test_unknown_keys_are_never_ignored(here, place, name):
    data = copy.deepcopy(DATA)
    inner = data
    for step in place:
        inner = inner[step]
    free = place and place[-1] in ("signal_uncertainty", "parts")
    if not isinstance(inner, dict) or name in inner or free:
        return
    inner[name] = "?"
    message = complaint(document(data), here)
    assert "unknown" in message or "exactly one signature" in message


@settings(max_examples=60, deadline=None)
@given(start=st.integers(0, len(TEXT)), length=st.integers(1, 200), junk=st.binary(max_size=6))
def test_damaged_bytes_never_end_in_a_traceback(here, start, length, junk):
    path = here / "damaged.toml"
    content = TEXT.encode()
    path.write_bytes(content[:start] + junk + content[start + length :])
    try:
        experiments.load(path)
    except InputError as problem:
        assert str(problem).isprintable()
        assert str(problem).startswith(f"{path}: ")
