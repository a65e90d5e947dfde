"""Listening elsewhere than on 127.0.0.1 is asked for, and needs certificates."""

import socket
from dataclasses import replace
from pathlib import Path

import dask
import pytest

from jobs import listen, tls
from jobs.clusters import client, load
from jobs.local import scheduling
from physics.errors import InputError


@pytest.fixture
def folder(tmp_path: Path) -> str:
    tls.write(tmp_path / "tls")
    return str(tmp_path / "tls")


def test_the_command_line_wins_over_the_settings(tmp_path: Path, folder: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(f'kind = "local"\nlisten = "127.0.0.2"\ntls = "{folder}"\n')
    site = listen.chosen(load(str(path)), None, None, None)
    assert (site.listen, site.tls) == ("127.0.0.2", folder)
    assert listen.chosen(site, "127.0.0.3:0", None, 2).listen == "127.0.0.3:0"
    plain = load("local")
    assert listen.chosen(plain, None, None, 0) == plain
    running = listen.chosen(load("tls://127.0.0.1:9"), None, folder, None)
    assert running.tls == folder


@pytest.mark.parametrize(
    ("cluster", "address", "certificates", "complaint"),
    [
        ("local", "0.0.0.0", False, r"--listen 0.0.0.0 needs certificates, .*python -m jobs.tls"),
        ("local", None, None, "cert.pem and key.pem are not in this folder"),
        ("local", "203.0.113.7", True, r"cannot listen on 203.0.113.7 \(.*\); give an address of"),
        ("local", "tls://127.0.0.2", True, "got the address 'tls://127.0.0.2'; write ADDRESS"),
        ("local", "::1", True, "with brackets around IPv6"),
        ("local", "127.0.0.2:99999", True, "got the address"),
        ("slurm", "127.0.0.2", False, "--listen is not for --cluster slurm; .* kind local"),
        ("ray", None, True, "--tls is not for --cluster ray; .*local, scheduler-file, address"),
    ],
)
def test_refused(
    cluster: str, address: str | None, certificates: bool | None, complaint: str, folder: str
) -> None:
    given = {True: folder, False: None, None: f"{folder}/none"}[certificates]
    with pytest.raises(InputError, match=complaint) as error:
        listen.chosen(load(cluster), address, given, None)
    assert "\n" not in str(error.value)


def test_a_port_that_is_taken(folder: str) -> None:
    with socket.create_server(("127.0.0.2", 0)) as taken:
        address = f"127.0.0.2:{taken.getsockname()[1]}"
        with pytest.raises(InputError, match="and a port that is free"):
            listen.chosen(load("local"), address, folder, None)


def test_no_workers_no_scheduler(folder: str) -> None:
    with pytest.raises(InputError, match="with --workers 0 there is no scheduler"):
        listen.chosen(load("local"), "127.0.0.2", folder, 0)


def test_a_library_call_cannot_do_without_certificates_either() -> None:
    with pytest.raises(InputError, match="needs certificates"):
        client(replace(load("local"), listen="127.0.0.2"), 1).__enter__()


@pytest.mark.parametrize(("address", "host"), [(None, "127.0.0.1"), ("[::1]", "[::1]")])
def test_certificates(address: str | None, host: str, folder: str) -> None:
    if address and not socket.has_dualstack_ipv6():
        pytest.skip("this machine has no IPv6")
    with client(replace(load("local"), listen=address, tls=folder), 1) as found:
        assert found.scheduler_info()["address"].startswith(f"tls://{host}:")
        assert found.dashboard_link.startswith("http://127.0.0.1:")
        assert found.submit(abs, -3).result(timeout=60) == 3


def test_a_link_that_the_user_has_configured_stays() -> None:
    key = "distributed.dashboard.link"
    assert scheduling()[key] == "{scheme}://127.0.0.1:{port}/status"
    with dask.config.set({key: "/user/me/proxy/{port}/status"}):
        assert scheduling()[key] == "/user/me/proxy/{port}/status"
