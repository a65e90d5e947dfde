"""A store behind a URL: read over http, https and S3, written to S3.

`Remote` has the few operations of a path that stores need. An object store has neither renames nor
locks on files, but it puts an object there completely or not at all.
"""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from zarr.abc.store import ByteRequest, RangeByteRequest, SuffixByteRequest
from zarr.core.buffer import Buffer, BufferPrototype
from zarr.storage import FsspecStore

from physics.errors import InputError

_OPTIONS: dict[str, dict[str, Any]] = {
    "https": {},
    "http": {},
    # others write here too: what was listed a moment ago is not what is there; and to read an
    # object in pieces at once costs a request for its size, which is most of the time here
    "s3": {"use_listings_cache": False, "max_concurrency": 1},
}
SCHEMES = tuple(_OPTIONS)
WRITABLE = ("s3",)
INSTALL = "pip install 'hnlscan[remote]'"


class RemoteError(InputError, OSError):
    """A server did not answer, or refused; nothing is known about what is there."""


@dataclass(frozen=True)
class Remote:
    """Place of a store, or of an object in it, behind a URL.

    Parameters
    ----------
    url : str
        Such as ``"s3://bucket/scan.zarr"``, without a slash at the end.

    Examples
    --------
    >>> place = Remote("s3://bucket/scan.zarr") / "zarr.json"
    >>> str(place), place.name, place.stem, place.writable
    ('s3://bucket/scan.zarr/zarr.json', 'zarr.json', 'zarr', True)
    """

    url: str

    def __str__(self) -> str:
        return self.url

    def __truediv__(self, name: str) -> "Remote":
        return Remote(f"{self.url}/{name}")

    @property
    def name(self) -> str:
        """Last part of the URL."""
        return self.url.rpartition("/")[2]

    @property
    def stem(self) -> str:
        """Last part without its suffix."""
        return self.name.rpartition(".")[0] or self.name

    def absolute(self) -> "Remote":
        """Give the same place for processes in other folders."""
        return self

    @property
    def scheme(self) -> str:
        """Kind of the URL."""
        return self.url.partition(":")[0]

    @property
    def writable(self) -> bool:
        """Whether objects can be put there."""
        return self.scheme in WRITABLE

    def read_bytes(self) -> bytes:
        """Read the object, or raise FileNotFoundError."""
        with reported(self.url):
            files, path = self._files()
            found: bytes = files.cat_file(path)
            return found

    def read_text(self) -> str:
        """Read the object as text, or raise FileNotFoundError."""
        return self.read_bytes().decode()

    def write_bytes(self, data: bytes, **conditions: str) -> str | None:
        """Put the object there in one piece.

        Parameters
        ----------
        data : bytes
            What it holds.
        **conditions : str
            ``IfNoneMatch="*"``: only if there is none; ``IfMatch=tag``: only if it is that one.

        Returns
        -------
        str or None
            Tag of this version of the object; None if the condition did not hold.
        """
        with reported(self.url):
            files, path = self._files()
            try:
                return str(files.pipe_file(path, data, **conditions)["ETag"])
            except OSError as error:
                if conditions and _status(error) in _CONDITION_FAILED:
                    return None
                if not isinstance(error, FileNotFoundError):
                    raise
                if "IfMatch" in conditions:
                    return None
                reason = str(error).rstrip(".").lower()
                raise RemoteError(f"{self} cannot be written: {reason}; make it first") from error

    def write_all(self, contents: Mapping[str, bytes]) -> None:
        """Put many objects below this place, in no order."""
        with reported(self.url):
            files, path = self._files()
            files.pipe({f"{path}/{name}": data for name, data in contents.items()})

    def read_all(self, names: Collection[str]) -> dict[str, bytes]:
        """Read many objects below this place at once."""
        with reported(self.url):
            files, path = self._files()
            found = files.cat([f"{path}/{name}" for name in names])
            return {name: found[f"{path}/{name}"] for name in names}

    def tag(self) -> str:
        """Read the tag of this version of the object, or raise FileNotFoundError."""
        return str(self._info()["ETag"])

    def modified(self) -> float:
        """Read when the object was written (seconds since 1970), or raise FileNotFoundError."""
        return float(self._info()["LastModified"].timestamp())

    def objects(self, prefix: str = "") -> dict[str, float]:
        """List what is below this place.

        Parameters
        ----------
        prefix : str
            Only names that start with it.

        Returns
        -------
        dict of str to float
            Names, and when they were written (seconds since 1970).
        """
        with reported(self.url):
            files, path = self._files()
            found = files.find(f"{path}/{prefix}".rstrip("/"), detail=True)
        start = len(path) + 1
        # of a folder the server knows no time
        written = {name: info.get("LastModified") for name, info in found.items()}
        return {name[start:]: when.timestamp() for name, when in written.items() if when}

    def remove(self) -> None:
        """Remove the object, and all below this place."""
        with reported(self.url):
            files, path = self._files()
            with suppress(FileNotFoundError):
                files.rm(path, recursive=True)

    def exists(self) -> bool:
        """Whether there is an object, or one below this place."""
        with reported(self.url):
            files, path = self._files()
            return bool(files.exists(path))

    def opened(self, mode: str) -> FsspecStore:
        """Give what zarr and xarray read, or write if `mode` is not ``"r"``."""
        with reported(self.url):
            options: dict[str, Any] = {**_OPTIONS[self.scheme]}
            return Objects.from_url(self.url, storage_options=options, read_only=mode == "r")

    def _info(self) -> dict[str, Any]:
        """Ask the server about the object."""
        with reported(self.url):
            files, path = self._files()
            found: dict[str, Any] = files.info(path)
            return found

    def _files(self) -> tuple[Any, str]:
        """File system of fsspec, which keeps one for each thread, and the path there."""
        import fsspec  # only stores behind a URL need it

        files, path = fsspec.url_to_fs(self.url, **_OPTIONS[self.scheme])
        return files, path


# others write here too: what was listed a moment ago is not what is there
_CONDITION_FAILED = {409, 412}
"""Answers to a conditional request whose condition does not hold (409: another one was faster)."""


class Objects(FsspecStore):
    """The store of zarr, with errors as one sentence and without faith in ranges."""

    async def get(
        self, key: str, prototype: BufferPrototype, byte_range: ByteRequest | None = None
    ) -> Buffer | None:
        """Read an object or a part of it; None if there is none."""
        with reported(self.path):
            found = await super().get(key, prototype, byte_range)
        return found if found is None else part(found, byte_range)

    async def set(self, key: str, value: Buffer, byte_range: tuple[int, int] | None = None) -> None:
        """Put an object there."""
        with reported(self.path):
            await super().set(key, value, byte_range)


def part(found: Buffer, wanted: ByteRequest | None) -> Buffer:
    """Cut out what was asked for, if a server that knows no ranges sent everything.

    Parameters
    ----------
    found : Buffer
        What was sent.
    wanted : ByteRequest or None
        What was asked for; None for everything.

    Returns
    -------
    Buffer
        The bytes that were asked for.
    """
    if isinstance(wanted, RangeByteRequest) and len(found) > wanted.end - wanted.start:
        return found[wanted.start : wanted.end]
    if isinstance(wanted, SuffixByteRequest):
        return found[max(0, len(found) - wanted.suffix) :]
    return found


@contextmanager
def reported(url: str) -> Iterator[None]:
    """Turn what libraries raise when a server does not do what it should into `RemoteError`.

    Parameters
    ----------
    url : str
        What was to be read or written.

    Raises
    ------
    RemoteError
        One sentence.
    FileNotFoundError
        As it came.
    """
    try:
        yield
    except (FileNotFoundError, InputError):
        raise
    except ImportError as error:
        raise RemoteError(
            f"{url} needs more packages ({error}); install them: {INSTALL}"
        ) from error
    except Exception as error:
        reason = " ".join(str(error).split()).rstrip(".") or type(error).__name__
        raise RemoteError(
            f"{url} cannot be reached: {reason}; check the address"
            + ("" if url.startswith("http") else ", AWS_ENDPOINT_URL and the credentials")
        ) from error


def _status(error: OSError) -> int | None:
    """Read the status of the HTTP answer that s3fs turned into an error."""
    answer = getattr(error.__cause__, "response", {})
    status = answer.get("ResponseMetadata", {}).get("HTTPStatusCode")
    return int(status) if status else None
