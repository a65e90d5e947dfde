"""Let workers import the toy scan by its name, and start servers for stores behind a URL."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import s3_server
import web_server


@pytest.fixture(scope="session")
def s3_log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One line for each request that the S3 server got."""
    return tmp_path_factory.mktemp("s3") / "requests.log"


@pytest.fixture(scope="session")
def s3(request: pytest.FixtureRequest, s3_log: Path) -> Iterator[str]:
    """URL of a bucket on an S3 server of this machine; the environment leads there."""
    kept = os.environ.get("HNLSCAN_CACHE_DIR")
    cache = Path(kept) if kept else request.config.cache.mkdir("hnlscan")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in s3_server.ENVIRONMENT.items():
            patch.setenv(name, value)
        try:
            with s3_server.running(cache, s3_log) as url:
                patch.setenv("AWS_ENDPOINT_URL", url)
                import s3fs

                s3fs.S3FileSystem().mkdir("scans")
                yield "s3://scans"
        except s3_server.NoServerError as error:
            pytest.skip(str(error))


@pytest.fixture
def web(tmp_path: Path) -> Iterator[str]:
    """URL of a web server for the folder of the test, which lists nothing."""
    with web_server.running(tmp_path) as url:
        yield url
