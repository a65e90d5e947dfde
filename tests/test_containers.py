"""The Kubernetes manifest and the Apptainer recipe fit the Dockerfile and the command line."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from jobs.clusters import load
from jobs.local import scheduling
from jobs.threads import THREAD_VARIABLES
from scanner.cli.main import main

ROOT = Path(__file__).parents[1]
MANIFEST = ROOT / "docs" / "cluster" / "kubernetes.yaml"


@pytest.fixture
def objects() -> dict[tuple[str, str], dict[str, Any]]:
    """Objects of the manifest by kind and name."""
    found = list(yaml.safe_load_all(MANIFEST.read_text()))
    named = {(each["kind"], each["metadata"]["name"]): each for each in found}
    assert len(named) == len(found) == 6
    return named


def pods(objects: dict[tuple[str, str], dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Templates of pods by their role."""
    templates = [o["spec"]["template"] for o in objects.values() if "template" in o["spec"]]
    return {t["metadata"]["labels"]["role"]: t for t in templates}


def environment(container: dict[str, Any]) -> dict[str, str]:
    return {entry["name"]: entry["value"] for entry in container.get("env", [])}


def test_selectors_find_their_pods(objects: Any) -> None:
    found = pods(objects)
    assert set(found) == {"scheduler", "worker", "client"}
    for (kind, _), each in objects.items():
        if kind == "Deployment":
            labels = each["spec"]["template"]["metadata"]["labels"]
            assert each["spec"]["selector"]["matchLabels"] == labels
    service = objects["Service", "hnlscan-scheduler"]["spec"]["selector"]
    assert service == found["scheduler"]["metadata"]["labels"]
    policy = objects["NetworkPolicy", "hnlscan-only"]["spec"]
    everybody = policy["podSelector"]["matchLabels"]
    assert policy["ingress"] == [{"from": [{"podSelector": {"matchLabels": everybody}}]}]
    for pod in found.values():
        assert everybody.items() <= pod["metadata"]["labels"].items()


def test_everybody_runs_the_same_image_with_limits(objects: Any) -> None:
    containers = [pod["spec"]["containers"][0] for pod in pods(objects).values()]
    assert len({container["image"] for container in containers}) == 1
    for container in containers:
        resources = container["resources"]
        assert resources["requests"]["memory"] == resources["limits"]["memory"]
    users = [pod["spec"]["securityContext"] for pod in pods(objects).values()]
    assert users == [{"runAsUser": 1000, "runAsGroup": 1000, "fsGroup": 1000}] * 3


def test_the_client_and_workers_find_the_scheduler_and_the_store(objects: Any) -> None:
    found = {role: pod["spec"] for role, pod in pods(objects).items()}
    [port] = objects["Service", "hnlscan-scheduler"]["spec"]["ports"]
    address = f"tcp://hnlscan-scheduler:{port['port']}"
    scheduler = found["scheduler"]["containers"][0]["command"]
    assert scheduler[scheduler.index("--port") + 1] == str(port["port"])
    assert address in found["worker"]["containers"][0]["command"]
    arguments = found["client"]["containers"][0]["args"]
    [cluster] = [a.removeprefix("--cluster=") for a in arguments if a.startswith("--cluster=")]
    assert load(cluster).address == address
    claim = objects["PersistentVolumeClaim", "hnlscan-store"]
    assert claim["spec"]["accessModes"] == ["ReadWriteMany"]
    for role in ("worker", "client"):
        [volume] = found[role]["volumes"]
        assert volume["persistentVolumeClaim"]["claimName"] == claim["metadata"]["name"]
        [mount] = found[role]["containers"][0]["volumeMounts"]
        assert (mount["name"], mount["mountPath"]) == (volume["name"], "/work")
    [out] = [a.removeprefix("--out=") for a in arguments if a.startswith("--out=")]
    assert Path(out).parent == Path("/work")


def test_the_client_is_a_command_of_this_version(objects: Any) -> None:
    arguments = pods(objects)["client"]["spec"]["containers"][0]["args"]
    with main.make_context("hnlscan", list(arguments)) as context:
        _, command, rest = main.resolve_command(context, list(arguments))
        assert command is not None
        assert command.make_context("run", rest, parent=context).params["grid"] == "quickstart"


def test_dask_is_told_what_it_is_told_elsewhere(objects: Any) -> None:
    found = {role: pod["spec"]["containers"][0] for role, pod in pods(objects).items()}
    expected = {
        f"DASK_{key.upper().replace('.', '__').replace('-', '_')}": str(value)
        for key, value in scheduling().items()
    }
    assert environment(found["scheduler"]) == expected
    assert environment(found["worker"]) == dict.fromkeys(THREAD_VARIABLES, "1")
    for role in ("scheduler", "worker"):
        command = " ".join(found[role]["command"])
        assert re.search(r"--dashboard-address[ =]127\.0\.0\.1:", command)


def test_the_recipe_has_the_steps_of_the_dockerfile() -> None:
    recipe = (ROOT / "docs" / "cluster" / "hnlscan.def").read_text()
    dockerfile = (ROOT / "Dockerfile").read_text()
    [base] = re.findall(r"^FROM (.*)$", dockerfile, re.M)
    assert f"\nBootstrap: docker\nFrom: {base}\n" in recipe
    copied = " ".join(re.findall(r"^COPY --chown=hnlscan (.*) \S+$", dockerfile, re.M)).split()
    assert re.findall(r"^    (\S+) /opt/hnlscan/\1$", recipe, re.M) == copied
    [install] = re.findall(r"^RUN (python3 -m venv .*) \.$", dockerfile, re.M)
    assert f"    {install} '.[hpc]'\n" in recipe
    assert 'exec hnlscan "$@"' in recipe
