"""The folder of the office by `deploy/samba`: what an officer puts there is published."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.connections import TITLE, running
from tests.support.newsroom import ROOT, item
from tests.support.ports import free_port
from tests.support.service import SERVE, Service, page, soon
from tests.support.waiting import wait_for

# Who is there on every machine, in place of the officer and of the owner of the files.
USER, GROUP, PASSWORD = "nobody", "nogroup", "Secret-1"


class Share:
    """The folder as an officer sees it."""

    def __init__(self, port: int, folder: Path) -> None:
        self._port, self._folder = port, folder

    def do(self, commands: str, password: str = PASSWORD) -> subprocess.CompletedProcess[str]:
        """Run commands of smbclient."""
        return subprocess.run(
            [*("smbclient", "//127.0.0.1/news", "-p", str(self._port), "-m", "SMB3"),
             *("-s", "/dev/null", "-U", f"{USER}%{password}", "-c", commands)],
            cwd=self._folder, capture_output=True, text=True, check=False,
        )  # fmt: skip

    def is_up(self) -> bool:
        return self.do("ls").returncode == 0


@contextmanager
def samba(folder: Path, entries: Path) -> Iterator[Share]:
    """Run Samba with the configuration in `deploy/samba`, with places of this test."""
    folder.mkdir()
    port = free_port()
    text = (ROOT / "deploy" / "samba" / "smb.conf").read_text()
    places = "".join(
        f"    {name} = {folder}\n"
        for name in ("private dir", "lock directory", "state directory", "cache directory",
                     "pid directory", "ncalrpc dir")
    )  # fmt: skip
    for pattern, by in (
        (r"path = /srv/news", f"path = {entries}"),
        (r"valid users = @officers", f"valid users = {USER}"),
        (r"force user = press", f"force user = {USER}"),
        (r"force group = feedsvc", f"force group = {GROUP}"),
        (r"interfaces = lo .*", "interfaces = lo"),
        (r"logging = systemd", "logging = file"),
        (r"\[global\]", f"[global]\n    smb ports = {port}\n    log file = {folder}/log\n{places}"),
    ):
        text, count = re.subn(pattern, by, text)
        assert count == 1, pattern
    configuration = folder / "smb.conf"
    configuration.write_text(text)
    shutil.chown(entries, USER, GROUP)
    subprocess.run(
        ["smbpasswd", "-c", configuration, "-s", "-a", USER],
        input=f"{PASSWORD}\n{PASSWORD}\n", text=True, check=True, capture_output=True,
    )  # fmt: skip
    process = subprocess.Popen(
        ["smbd", "--foreground", "--no-process-group", f"--configfile={configuration}"],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip
    share = Share(port, folder)
    try:
        wait_for(share.is_up)
        yield share
    finally:
        process.terminate()
        process.wait(30)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    # Changes are to be heard of, not found by a scan.
    command = ["env", "FEEDSVC_RESCAN=86400", *SERVE]
    for each in (tmp_path, *tmp_path.parents):  # Samba has no rights of root in the folder
        if each.stat().st_mode & 0o005 != 0o005:
            each.chmod(0o755)
    with running(command, tmp_path) as one:
        yield one


def test_what_an_officer_puts_into_the_folder_is_published(
    tmp_path: Path, service: Service
) -> None:
    with samba(tmp_path / "samba", service.entries) as share:
        (tmp_path / "samba" / "katok.md").write_bytes(item("Каток открыт"))
        (tmp_path / "samba" / "novyy.md").write_bytes(item("Каток закрыт"))
        (tmp_path / "samba" / "~$katok.docx").write_bytes(b"lock")
        done = share.do("put katok.md; put ~$katok.docx; mkdir 2026")
        assert done.returncode == 0, done.stdout
        soon(lambda: service.shows("Каток открыт"))
        made = service.entries / "katok.md"
        assert oct(made.stat().st_mode & 0o7777) == "0o640"
        assert (made.owner(), made.group()) == (USER, GROUP)
        assert oct((service.entries / "2026").stat().st_mode & 0o750) == "0o750"
        # As editors save: under another name first, then in the place of the old one.
        share.do("put novyy.md .katok.tmp; rm katok.md; rename .katok.tmp katok.md")
        soon(lambda: "Каток закрыт" in service.get(page("katok"))[1])
        share.do("rm katok.md")
        soon(lambda: service.get(page("katok"))[0] == 410)
        assert service.shows(TITLE)


def test_others_are_refused_and_links_lead_nowhere(tmp_path: Path, service: Service) -> None:
    (service.entries / "link").symlink_to("/etc")
    with samba(tmp_path / "samba", service.entries) as share:
        assert share.do("ls", password="wrong").returncode != 0
        assert "passwd" not in share.do("ls link\\*").stdout
        assert share.do("get link\\hostname").returncode != 0
