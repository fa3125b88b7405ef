"""The tables of the settings: what `feedsvc.toml` has in brackets, each with its settings."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from feedsvc import receiver_values as receivers
from feedsvc import setting_values as values
from feedsvc.errors import Fault
from feedsvc.i18n import N_, Message

_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def setting(read: Callable[[object], Any], default: object) -> Any:  # noqa: ANN401 - a field
    """Return a field whose values `read` validates; it raises `values.Unusable`."""
    return field(default=read(default), metadata={"read": read})


def missing_file(name: str, path: Path | None) -> Iterator[Fault]:
    """Yield a fault if the file that a setting names does not exist."""
    if path is not None and not path.is_file():
        yield Fault(f"{name} = {str(path)!r}", Message(N_("this file does not exist")))


def missing_folder(name: str, path: Path, folder: Path) -> Iterator[Fault]:
    """Yield a fault if the folder that a setting's path needs does not exist."""
    if not folder.is_dir():
        yield Fault(f"{name} = {str(path)!r}", Message(N_("this folder does not exist")))


class Table:
    """A table of settings that are valid one by one."""

    __slots__ = ()

    def faults(self) -> Iterator[Fault]:
        """Yield what contradicts itself, or is missing."""
        yield from ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Serve(Table):
    """Where `feedsvc serve` listens, and with how many workers."""

    host: str = setting(values.host, "127.0.0.1")
    port: int = setting(partial(values.integer, least=1, most=65535), 8000)
    workers: int = setting(partial(values.integer, least=0, most=256), 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk(Table):
    """Where the desk of the press office listens, if it is open, and what opens it."""

    host: str = setting(values.host, "127.0.0.1")
    port: int = setting(partial(values.integer, least=0, most=65535), 0)
    key: str = setting(values.key, "")
    base_url: str = setting(values.base_url, "")
    metrics: bool = setting(values.switch, default=False)

    def faults(self) -> Iterator[Fault]:
        """Yield what is missing."""
        if self.metrics and not self.port:
            text = N_("metrics are at the port of the desk: set desk.port as well")
            yield Fault("desk.metrics", Message(text))

    @property
    def site(self) -> str:
        """Return the start of the desk's addresses: scheme, host and port, without a path."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return self.base_url or f"http://{host}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail(Table):
    """The server through which letters about problems are sent; without `host` there are none.

    `port` 0 means the usual one, `security` is a key of `MAIL_PORTS`.
    """

    host: str = setting(values.mail_server, "")
    port: int = setting(partial(values.integer, least=0, most=65535), 0)
    security: str = setting(values.security, "starttls")
    user: str = setting(values.plain_text, "")
    password: str = setting(values.secret, "")
    password_file: Path | None = setting(values.folder, "")
    sender: str = setting(values.mailbox, "")
    recipients: tuple[str, ...] = setting(values.mailboxes, ())

    def faults(self) -> Iterator[Fault]:
        """Yield what contradicts itself, or is missing, if letters are to be sent."""
        if not self.host:
            return
        for name in ("sender", "recipients"):
            if not getattr(self, name):
                text = N_("must not be empty if mail.host is set")
                yield Fault(f"mail.{name}", Message(text))
        if bool(self.user) != bool(self.password or self.password_file):
            text = N_("mail.user and mail.password need each other")
            yield Fault("mail.user", Message(text))
        if self.user and self.security == "none" and self.host not in _LOOPBACK:
            text = N_("the password would be sent unprotected; use starttls or tls")
            yield Fault("mail.security = 'none'", Message(text))
        yield from missing_file("mail.password_file", self.password_file)


@dataclass(frozen=True, slots=True, kw_only=True)
class Replica(Table):
    """What says how old the copied files of a replica are, and how old they may be (seconds)."""

    stamp: Path | None = setting(values.folder, "")
    max_age: int = setting(partial(values.integer, least=1, most=86400), 60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Purge(Table):
    """How caches in front are told what changed; without `urls` and `command` they are not.

    Requests of this `method` go to `urls`, the surrogate keys in a `header` or in the `body`, or
    one request for each `{key}` or `{path}` in an address. `again` are the seconds after which
    all is repeated.
    """

    urls: tuple[str, ...] = setting(receivers.purge_urls, ())
    method: str = setting(receivers.method, "PURGE")
    header: str = setting(receivers.header, "Surrogate-Key")
    body: str = setting(values.plain_text, "")
    secret_header: str = setting(receivers.optional_header, "")
    secret: str = setting(values.secret, "")
    secret_file: Path | None = setting(values.folder, "")
    command: tuple[str, ...] = setting(receivers.command, ())
    again: tuple[int, ...] = setting(receivers.seconds, (10, 90))

    @property
    def needs_keys(self) -> bool:
        """Return whether caches are to be told by keys, and not by paths alone."""
        is_by_path = self.urls and all("{path}" in each for each in self.urls)
        return bool(self.urls or self.command) and not is_by_path

    def faults(self) -> Iterator[Fault]:
        """Yield what contradicts itself, or is missing, if caches are to be told."""
        if bool(self.secret_header) != bool(self.secret or self.secret_file):
            text = N_("purge.secret_header and purge.secret need each other")
            yield Fault("purge.secret_header", Message(text))
        yield from missing_file("purge.secret_file", self.secret_file)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing(Table):
    """Requests to hosts that others name: `private` are those that need not be public."""

    private: tuple[str, ...] = setting(receivers.hosts_or_networks, ())


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexNow(Table):
    """Search engines that are told what changed; without `key` and `endpoints` they are not."""

    key: str = setting(receivers.indexnow_key, "")
    endpoints: tuple[str, ...] = setting(receivers.endpoints, receivers.INDEXNOW_ENDPOINTS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hub(Table):
    """The WebSub hub that feeds name; with `port` it is ours, which listens there.

    So many `workers` deliver. `content` is what subscribers get. Leases are in seconds. There are
    at most so many `subscriptions`, so many `per_host` of callbacks, and so many requests a minute
    from one address (`rate`).
    """

    url: str = setting(receivers.optional_url, "")
    host: str = setting(values.host, "127.0.0.1")
    port: int = setting(partial(values.integer, least=0, most=65535), 0)
    workers: int = setting(partial(values.integer, least=0, most=64), 0)
    content: str = setting(receivers.hub_content, "full")
    lease: int = setting(receivers.lease, 864_000)
    lease_least: int = setting(receivers.lease, 3600)
    lease_most: int = setting(receivers.lease, 2_592_000)
    subscriptions: int = setting(partial(values.integer, least=1, most=1_000_000), 20_000)
    per_host: int = setting(partial(values.integer, least=1, most=1_000_000), 200)
    rate: int = setting(partial(values.integer, least=1, most=100_000), 60)

    def faults(self) -> Iterator[Fault]:
        """Yield what contradicts itself, or is missing."""
        if self.port and not self.url:
            text = N_("must be the address at which others reach the hub if hub.port is set")
            yield Fault("hub.url", Message(text))
        if not self.lease_least <= self.lease <= self.lease_most:
            text = N_("must not be below hub.lease_least or above hub.lease_most")
            yield Fault(f"hub.lease = {self.lease}", Message(text))


@dataclass(frozen=True, slots=True, kw_only=True)
class Log(Table):
    """How the service logs what happens, and where, if anywhere, it logs requests.

    `access` is a file, `setting_values.STANDARD_OUTPUT` or empty. `proxies` are networks, as
    `ipaddress` reads them.
    """

    format: str = setting(values.log_form, "text")
    access: Path | str = setting(values.access_log, "")
    access_format: str = setting(values.access_form, "combined")
    proxies: tuple[str, ...] = setting(values.proxies, ())

    def faults(self) -> Iterator[Fault]:
        """Yield what is missing."""
        if isinstance(self.access, Path):
            yield from missing_folder("log.access", self.access, self.access.parent)
