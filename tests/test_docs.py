"""What the pages say is run here: commands, code, files and links."""

import re
import shlex
import sys
from pathlib import Path

import pytest

import grids
from jobs import clusters
from physics import experiments

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests" / "scanner"))
from cli_calls import call  # noqa: E402

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(
    r"(?:<!-- (?P<note>[^>]*) -->\n)?^```(?P<kind>\w+)\n(?P<text>.*?)^```$", re.M | re.S
)
LINK = re.compile(r"\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)")
EXACT = ("list", "width", "xsec")
"""Commands whose output on a page is what they print, to the letter."""

GRID = """
title = "the quickstart with few points"
model = "dipole"
experiments = ["miniboone_fhc", "microboone", "sbnd"]

[axes]
m4 = { log = [0.05, 0.8], n = 4, unit = "GeV" }
mu_tr_mu4 = { log = [1e-8, 1e-3], n = 12, unit = "GeV^-1" }

[precision]
relative = 0.2
events = 64
max_events = 4096
"""


IN_FLIGHT = ("umu4_minimal", "ue4_minimal", "utau4_minimal")


def small(name):
    """A shipped grid with few points and little precision."""
    text = (ROOT / "grids" / f"{name}.toml").read_text()
    for key, value in (("n", 6), ("relative", 0.2), ("events", 64), ("max_events", 4096)):
        text = re.sub(rf"\b{key}( +)?= [\d.]+", f"{key} = {value}", text)
    return text


def blocks(page):
    return [match.groupdict() for match in BLOCK.finditer(page.read_text())]


def readme_command(note):
    [block] = [b for b in blocks(ROOT / "README.md") if b["note"] == f"command: {note}"]
    [line] = block["text"].splitlines()
    return line


@pytest.fixture(scope="session")
def desk(tmp_path_factory):
    """A folder with small grids and stores called as the pages call theirs."""
    folder = tmp_path_factory.mktemp("docs")
    for name, text in {"quickstart": GRID, **{n: small(n) for n in IN_FLIGHT}}.items():
        (folder / f"{name}.toml").write_text(text)
    for name in ("quickstart", "umu4_minimal"):
        out = folder / f"{name}.zarr"
        answer = call("run", folder / f"{name}.toml", "--out", out, "--workers", "0")
        assert answer.code == 0, answer.err
    return folder


@pytest.fixture
def at_desk(desk, monkeypatch):
    monkeypatch.chdir(desk)
    for page in PAGES:
        for block in blocks(page):
            if (block["note"] or "").startswith("file: "):
                Path(block["note"].removeprefix("file: ")).write_text(block["text"])


def test_the_two_commands_are_complete():
    main_job, tests = readme_command("main job"), readme_command("tests")
    install = "python3 -m venv .venv && .venv/bin/pip install"
    assert main_job == (
        f"{install} . && .venv/bin/hnlscan run quickstart && .venv/bin/hnlscan plot quickstart.zarr"
    )
    assert tests == f"{install} '.[test]' && .venv/bin/pytest -q"


def test_the_image_installs_as_the_readme_does():
    install = readme_command("main job").partition(" && .venv/bin/hnlscan")[0]
    text = (ROOT / "Dockerfile").read_text()
    assert f"\nRUN {install}\n" in text
    copied = re.findall(r"^COPY --chown=hnlscan (.*) \S+$", text, re.M)
    packages = {"physics", "grids", "jobs", "scanner"}
    assert packages | {"pyproject.toml", "README.md", "LICENSE"} == set(" ".join(copied).split())
    # pip would rather build in the folder of the daemon's user than not at all
    assert text.index("USER hnlscan") < text.index("RUN python3")
    assert text.rstrip().endswith('ENTRYPOINT ["hnlscan"]\nCMD ["--help"]')


def test_continuous_integration_runs_the_command_of_the_readme():
    script = (ROOT / ".ci" / "run").read_text()
    assert "<!-- command: tests -->" in script
    assert "README.md" in script
    assert "pytest" not in script, "the command is read from README.md and not repeated"
    assert "\n.ci/install " in script
    assert all((ROOT / ".ci" / name).stat().st_mode & 0o111 for name in ("run", "install"))


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_python_blocks_run(page, at_desk):
    names = {}
    for block in blocks(page):
        if block["kind"] == "python":
            exec(compile(block["text"], page.name, "exec"), names)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_files_on_pages_are_valid(page, at_desk):
    for block in blocks(page):
        if (block["note"] or "").startswith("file: "):
            name = block["note"].removeprefix("file: ")
            if block["text"].startswith("kind = "):
                assert clusters.load(f"./{name}").source == f"./{name}"
                continue
            load = grids.load if "[axes]" in block["text"] else experiments.load
            assert load(f"./{name}").name == Path(name).stem


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_commands_on_pages_work(page, at_desk):
    for block in blocks(page):
        if block["kind"] != "console":
            continue
        line, *printed = block["text"].splitlines()
        program, *words = shlex.split(line.removeprefix("$ "))
        assert program == "hnlscan"
        if words[0] == "run" and words[1] in ("quickstart", *IN_FLIGHT):
            words = ["run", f"{words[1]}.toml", "--workers", "0"]
        answer = call(*words)
        complaint = bool(printed) and printed[0].startswith("hnlscan: ")
        assert answer.code == int(complaint), answer.err
        if complaint:
            assert printed == answer.err.splitlines()
        elif words[0] in EXACT:
            assert printed == answer.out.splitlines()
        elif printed:  # sampled numbers depend on the store, words do not
            first = answer.out.splitlines()[0]
            assert re.sub(r"[\d.e+-]+", "#", printed[0]) == re.sub(r"[\d.e+-]+", "#", first)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_links_lead_somewhere(page):
    text = BLOCK.sub("", page.read_text())
    for link in LINK.findall(text):
        assert (page.parent / link).exists(), link


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_no_page_speaks_of_one_machine(page):
    assert not re.search(r"/(home|work|root|tmp|Users)/", page.read_text())


@pytest.mark.parametrize("name", ["quickstart", "dashboard", *IN_FLIGHT])
def test_the_pictures_are_small(name):
    size = (ROOT / "docs" / "images" / f"{name}.png").stat().st_size
    assert 50_000 < size < 400_000


def test_the_changelog_and_the_citation_know_the_version():
    project = (ROOT / "pyproject.toml").read_text()
    version = re.search(r'^version = "(.*)"$', project, re.M).group(1)
    assert version in (ROOT / "CHANGELOG.md").read_text()
    assert f"version: {version}\n" in (ROOT / "CITATION.cff").read_text()
