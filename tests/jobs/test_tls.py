"""Certificates that nobody else reads."""

import stat
import sys
from pathlib import Path

import pytest

from jobs import tls
from physics.errors import InputError


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_only_the_owner_reads_what_was_written(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    assert tls.main([str(folder)]) == 0
    assert mode(folder) == 0o700
    assert [mode(folder / name) for name in (tls.CERTIFICATE, tls.KEY)] == [0o600] * 2
    found = tls.read(folder)
    assert found is not None
    for role in ("client", "scheduler", "worker"):
        assert found.get_connection_args(role)["ssl_context"]
        assert found.get_connection_args(role)["require_encryption"]


def test_certificates_are_not_overwritten(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tls.main([str(tmp_path)]) == 0
    before = (tmp_path / tls.KEY).read_text()
    assert tls.main([str(tmp_path)]) == 1
    assert "exists already" in capsys.readouterr().err
    assert (tmp_path / tls.KEY).read_text() == before


def test_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert tls.main([]) == 1
    assert "usage" in capsys.readouterr().err
    assert tls.read(tmp_path) is None


def test_a_missing_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == "cryptography"]:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setitem(sys.modules, "cryptography", None)
    with pytest.raises(InputError, match=r"pip install 'hnlscan\[hpc\]'"):
        tls.write(tmp_path)
