"""SeaweedFS, an object store that speaks S3, on this machine."""

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import obstore
from obstore.store import S3Store

from tests.support.faults import needs
from tests.support.newsroom import ROOT
from tests.support.ports import free_port
from tests.support.replicas import ask
from tests.support.waiting import wait_for

WEED = ".venv-seaweedfs/bin/weed"
BUCKET, KEY, SECRET = "site", "exporter", "wJalrXUtnFEMI-K7MDENG"
# Everybody may read what the exporter writes.
_IDENTITIES = """{{"identities": [
    {{"name": "exporter", "credentials": [{{"accessKey": "{key}", "secretKey": "{secret}"}}],
      "actions": ["Read:{bucket}", "Write:{bucket}", "List:{bucket}"]}},
    {{"name": "anonymous", "actions": ["Read:{bucket}"]}}
]}}"""
# All the ports that it would choose itself.
_PORTS = (
    *("master.port", "master.port.grpc", "volume.port", "volume.port.grpc"),
    *("filer.port", "filer.port.grpc", "s3.port", "s3.port.grpc"),
)


class ObjectStore:
    """A store with one bucket, whose data is in a folder; it can be killed and started again."""

    def __init__(self, folder: Path) -> None:
        needs(WEED, root=False)
        self.data = folder / "data"
        self.data.mkdir(exist_ok=True)
        self._folder = folder
        self._ports = {name: free_port() for name in _PORTS}
        self.port = self._ports["s3.port"]
        identities = _IDENTITIES.format(key=KEY, secret=SECRET, bucket=BUCKET)
        (folder / "s3.json").write_text(identities)
        self.start()

    @property
    def environ(self) -> Mapping[str, str]:
        """The variables by which an exporter finds it."""
        return {
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.port}",
        }

    def start(self) -> None:
        """Start it, and wait until the bucket can be read."""
        with (self._folder / "weed.log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    *(str(ROOT / WEED), "mini", f"-dir={self.data}"),
                    *("-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-bucket={BUCKET}"),
                    *("-webdav=false", "-admin.ui=false", "-s3.port.iceberg=0"),
                    *("-s3.port.lance=0", "-s3.autoCreateBucket=false"),
                    f"-s3.config={self._folder / 's3.json'}",
                    *(f"-{name}={port}" for name, port in self._ports.items()),
                ],
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                cwd=self._folder,
                start_new_session=True,
            )
        wait_for(self._is_ready, 120)

    def _is_ready(self) -> bool:
        assert self._process.poll() is None, (self._folder / "weed.log").read_text()[-3000:]
        try:
            obstore.put(self._store(), "ready", b"ready")
            obstore.delete(self._store(), "ready")
        except Exception:  # noqa: BLE001 - of many kinds while it starts
            return False
        return True

    def kill(self) -> None:
        """Kill it at once."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def _store(self) -> S3Store:
        return S3Store(
            BUCKET,
            access_key_id=KEY,
            secret_access_key=SECRET,
            region="us-east-1",
            endpoint=f"http://127.0.0.1:{self.port}",
            client_options={"allow_http": True},
            retry_config={"max_retries": 1, "retry_timeout": timedelta(seconds=5)},
        )

    def objects(self) -> dict[str, tuple[object, object]]:
        """Return when each object was written, and its entity tag, by key."""
        return {
            each["path"]: (each["last_modified"], each["e_tag"])
            for chunk in obstore.list(self._store())
            for each in chunk
        }

    def contents(self) -> dict[str, bytes]:
        """Return the content of each object as everybody may read it, without the state."""
        keys = [key for key in self.objects() if not key.startswith(".feedsvc/state/")]
        with ThreadPoolExecutor(8) as pool:
            answers = pool.map(lambda key: ask(self.port, f"/{BUCKET}/{key}"), keys)
            return {key: answer.body for key, answer in zip(keys, answers, strict=True)}

    def put(self, key: str, data: bytes) -> None:
        """Write an object as somebody else would."""
        obstore.put(self._store(), key, data)

    def delete(self, key: str) -> None:
        """Delete an object as somebody else would."""
        obstore.delete(self._store(), key)


@contextmanager
def object_store(folder: Path) -> Iterator[ObjectStore]:
    """Run a store; kill it at the end."""
    store = ObjectStore(folder)
    try:
        yield store
    finally:
        store.kill()
