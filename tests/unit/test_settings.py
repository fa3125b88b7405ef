"""The settings: read, overridden, validated as a whole, documented."""

import pickle
import re
from dataclasses import fields
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from feedsvc.errors import SettingsError
from feedsvc.receiver_values import INDEXNOW_ENDPOINTS
from feedsvc.settings import FILE_VARIABLE, ParseSettings, Settings, load
from tests.support.newsroom import ROOT


def write(folder: Path, text: str) -> dict[str, str]:
    path = folder / "feedsvc.toml"
    path.write_text(text, encoding="utf-8")
    return {FILE_VARIABLE: str(path)}


def faults(environ: dict[str, str]) -> list[tuple[str, str]]:
    with pytest.raises(SettingsError) as caught:
        load(environ)
    language = caught.value.language
    return [(fault.where, fault.message.text(language)) for fault in caught.value.faults]


def keys(kind: type, prefix: str = "") -> list[str]:
    found = []
    for entry in fields(kind):
        part = entry.metadata.get("table")
        found += keys(part, f"{prefix}{entry.name}.") if part else [prefix + entry.name]
    return found


def test_without_a_file_the_defaults_apply(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = load({})
    assert (tmp_path / "entries", "http://127.0.0.1:8000") == (settings.entries, settings.site)


def test_the_shipped_file_describes_the_press_centre() -> None:
    settings = load({FILE_VARIABLE: str(ROOT / "feedsvc.toml")})
    assert (
        "Пресс-центр района Чертаново Южное",
        "ru",
        ZoneInfo("Europe/Moscow"),
        "chertanovo-juzhnoe.mos.ru,2014",
        ROOT / "entries",
    ) == (
        settings.title,
        settings.language,
        settings.timezone,
        settings.authority,
        settings.entries,
    )


def test_folders_are_relative_to_the_settings_file(tmp_path: Path) -> None:
    environ = write(tmp_path, 'entries = "news"\ninstance = "/var/lib/feedsvc"')
    settings = load(environ)
    assert (tmp_path / "news", Path("/var/lib/feedsvc")) == (settings.entries, settings.instance)


def test_a_variable_overrides_the_file(tmp_path: Path) -> None:
    environ = write(tmp_path, 'title = "File"\nfeed_size = 5\n[serve]\nport = 81')
    environ |= {"FEEDSVC_FEED_SIZE": "7", "FEEDSVC_SERVE__HOST": "0.0.0.0"}
    settings = load(environ)
    assert (
        settings.title,
        settings.feed_size,
        settings.serve.host,
        settings.serve.port,
    ) == ("File", 7, "0.0.0.0", 81)


def test_every_fault_is_listed_at_once_with_its_key() -> None:
    environ = {
        "FEEDSVC_TITLE": " ",
        "FEEDSVC_LANGUAGE": "de",
        "FEEDSVC_TIMEZONE": "Moscow",
        "FEEDSVC_BASE_URL": "https://news.example/path",
        "FEEDSVC_AUTHORITY": "news.example",
        "FEEDSVC_COLOUR": "blue",
        "FEEDSVC_CONTACT": "somebody",
        "FEEDSVC_PERMALINK": "/news/",
        "FEEDSVC_FEED_SIZE": "0",
        "FEEDSVC_SERVE__PORT": "many",
        "FEEDSVC_TITEL": "x",
        "FEEDSVC_SERVE__NAME": "x",
    }
    assert sorted(faults(environ)) == [
        (
            "authority = 'news.example'",
            "must be your domain and a year you held it, such as news.example,2014",
        ),
        (
            "base_url = 'https://news.example/path'",
            "must be the site's address with no path, such as https://news.example",
        ),
        ("colour = 'blue'", "must be a colour such as #0b57a4"),
        ("contact = 'somebody'", "must be an email address, or empty"),
        ("feed_size = '0'", "must be a whole number from 1 to 500"),
        ("language = 'de'", "must be one of: en, ru"),
        ("permalink = '/news/'", "must be a path that contains <id>, such as /news/<id>.html"),
        ("serve.name", "there is no such setting"),
        ("serve.port = 'many'", "must be a whole number from 1 to 65535"),
        ("timezone = 'Moscow'", "must be the name of a time zone, such as Europe/Moscow"),
        ("titel", "there is no such setting"),
        ("title = ' '", "must not be empty"),
    ]


def test_faults_are_listed_in_the_language_of_the_settings(tmp_path: Path) -> None:
    environ = write(tmp_path, 'language = "ru"\ntitle = 3')
    assert faults(environ) == [("title = 3", "нужен текст в кавычках")]


def test_who_publishes_can_be_reached_as_the_settings_say(tmp_path: Path) -> None:
    lines = [
        'telephone = "+7\u00a0(495) 123–45–67"',
        'address = " Москва,  ул. Мира, д. 1 "',
        'theme = "gazette"',
        "[networks]",
        'Telegram = "https://t.me/press"',
        '"В контакте" = "https://vk.com/press?a=1#b"',
    ]
    settings = load(write(tmp_path, "\n".join(lines)))
    assert (settings.telephone, settings.address, settings.theme, settings.networks) == (
        "+7 (495) 123-45-67",
        "Москва, ул. Мира, д. 1",
        "gazette",
        (("Telegram", "https://t.me/press"), ("В контакте", "https://vk.com/press?a=1#b")),
    )


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('telephone = "call us"', "must be a telephone number such as +7 495 123-45-67, or empty"),
        (
            'telephone = "+7 495 <b>"',
            "must be a telephone number such as +7 495 123-45-67, or empty",
        ),
        ("address = 7", "must be text in quotation marks"),
        ('theme = "blue"', "must be one of: plain, gazette, poster"),
        ('dzen = "yes"', "must be one of: news, news_only, blogs_only"),
        ("dzen = true", "must be text in quotation marks"),
        ('networks = "https://t.me/press"', "must be a table of settings"),
        *(
            (
                f"[networks]\n{line}",
                'must be a table of names and addresses, such as Telegram = "https://t.me/press"',
            )
            for line in (
                "Telegram = 7",
                'Telegram = "t.me/press"',
                'Telegram = "http://t.me/press"',
                'Telegram = "javascript:alert(1)"',
                "Telegram = 'https://t.me/\"onclick'",
                'Telegram = "https://t.me/a b"',
                '" " = "https://t.me/press"',
                f'{"N" * 41} = "https://t.me/press"',
            )
        ),
        (
            "[networks]\n" + "\n".join(f'N{n} = "https://n.example"' for n in range(13)),
            "must not have more than 12 addresses",
        ),
    ],
)
def test_what_stands_in_the_foot_of_every_page_is_checked(
    tmp_path: Path, line: str, message: str
) -> None:
    assert [text for _, text in faults(write(tmp_path, line))] == [message]


@pytest.mark.parametrize(
    "value",
    [
        "news.example",
        "ftp://news.example",
        "https://",
        "https://news.example:0",
        "https://news.example:x",
        "https://новости.рф",
        "https://a b",
        "https://n.example?x",
        "https://[::1",
    ],
)
def test_a_base_url_has_a_scheme_a_host_and_nothing_else(value: str) -> None:
    assert [where.split()[0] for where, _ in faults({"FEEDSVC_BASE_URL": value})] == ["base_url"]


@pytest.mark.parametrize("value", [":<http://a.b>:1", "a b", "a/b", "::1%", ":::x"])
def test_a_host_to_listen_on_is_a_name_or_an_address(value: str) -> None:
    assert [where.split()[0] for where, _ in faults({"FEEDSVC_SERVE__HOST": value})] == [
        "serve.host"
    ]
    for good in ("0.0.0.0", "localhost", "::", "fe80::1%eth0", "news-1.example"):
        assert load({"FEEDSVC_SERVE__HOST": good}).serve.host == good


def test_a_base_url_may_end_with_a_slash() -> None:
    assert load({"FEEDSVC_BASE_URL": "https://news.example/"}).site == "https://news.example"


def test_a_boolean_is_not_a_number(tmp_path: Path) -> None:
    assert len(faults(write(tmp_path, "feed_size = true"))) == 1


def test_a_table_is_not_a_value_nor_a_value_a_table(tmp_path: Path) -> None:
    environ = write(tmp_path, "serve = 3\n[title]\na = 1")
    assert sorted(where for where, _ in faults(environ)) == ["serve = 3", "title = {'a': 1}"]


def test_a_variable_cannot_set_a_key_inside_a_value(tmp_path: Path) -> None:
    environ = write(tmp_path, 'title = "x"') | {"FEEDSVC_TITLE__X": "1"}
    assert faults(environ) == [("FEEDSVC_TITLE__X", "there is no such setting")]


def test_a_settings_file_that_is_named_must_exist(tmp_path: Path) -> None:
    path = str(tmp_path / "none.toml")
    assert [(path, "this settings file does not exist")] == faults({FILE_VARIABLE: path})


def test_a_settings_file_that_is_not_toml_or_not_a_file_is_a_fault(tmp_path: Path) -> None:
    environ = write(tmp_path, "title = ")
    assert [environ[FILE_VARIABLE]] == [where for where, _ in faults(environ)]
    assert [(str(tmp_path), "cannot be read: it is a folder")] == faults(
        {FILE_VARIABLE: str(tmp_path)}
    )


def test_settings_can_be_sent_to_another_process() -> None:
    settings = load({"FEEDSVC_TIMEZONE": "Europe/Moscow"})
    assert settings == pickle.loads(pickle.dumps(settings))


def test_every_setting_is_documented_with_its_default() -> None:
    text = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `([^`]+)` \|.*\| ([^|]+) \|$", text, re.MULTILINE))
    assert sorted(keys(Settings)) == sorted(rows)
    defaults = Settings()
    for key, written in rows.items():
        value: object = defaults
        for part in key.split("."):
            value = getattr(value, part)
        value = list(value) if isinstance(value, tuple) else value
        if written.startswith("`"):
            assert written.strip("`") == str(value), key
        else:
            assert not value, key


def test_parsers_receive_settings_of_the_same_names_and_types() -> None:
    settings = {field.name: field.type for field in fields(Settings)}
    for field in fields(ParseSettings):
        assert settings[field.name] == field.type, field.name
    parsing = Settings(permalink="/<id>").parsing
    assert (parsing.permalink, parsing.authority) == ("/<id>", Settings().authority)


def test_a_logo_that_does_not_exist_is_a_fault(tmp_path: Path) -> None:
    environ = write(tmp_path, 'logo = "logo.png"\nicon = "icon.svg"')
    assert sorted(faults(environ)) == [
        ("icon = 'icon.svg'", "must be the name of a picture file (.png, .jpg, .jpeg, .gif)"),
        (f"logo = '{tmp_path / 'logo.png'}'", "this file does not exist"),
    ]


def test_a_folder_of_old_files_that_does_not_exist_is_a_fault(tmp_path: Path) -> None:
    environ = write(tmp_path, 'static = "old"')
    assert faults(environ) == [(f"static = '{tmp_path / 'old'}'", "this folder does not exist")]
    (tmp_path / "old").mkdir()
    assert load(environ).static == tmp_path / "old"


@pytest.mark.parametrize(
    ("table", "number"),
    [
        ('"/rss.php" = "/feeds/rss.xml"\n"/a" = "/b?c#d"', 0),
        ('"rss.php" = "/feeds/rss.xml"', 1),
        ('"/rss.php" = "feeds/rss.xml"', 1),
        ('"/rss.php" = "//other.example/"', 1),
        ('"/rss.php" = 3', 1),
        ('"/a" = "/b"\n"/b" = "/c"', 1),
        ('"/a" = "/a"', 1),
    ],
)
def test_redirects_lead_to_paths_of_this_site_at_once(
    tmp_path: Path, table: str, number: int
) -> None:
    environ = write(tmp_path, f"[redirects]\n{table}")
    if number:
        assert len(faults(environ)) == number
    else:
        assert load(environ).redirects == (("/rss.php", "/feeds/rss.xml"), ("/a", "/b?c#d"))


@pytest.mark.parametrize(
    ("permalink", "is_usable"),
    [
        ("/<year>/<month>/<day>/<id>.html", True),
        ("/<folder>/<id>/", True),
        ("/<year><month><day>-<id>", True),
        ("/<year>/", False),
        ("/<id>/<id>", False),
        ("/<year>/<year>/<id>", False),
        ("/a<folder>/<id>", False),
        ("/<folder>", False),
        ("/<title>/<id>", False),
        ("/<id", False),
    ],
)
def test_a_permalink_may_have_parts_of_the_date_and_the_folder(
    permalink: str,
    is_usable: bool,  # noqa: FBT001 - a case
) -> None:
    environ = {"FEEDSVC_PERMALINK": permalink}
    if is_usable:
        assert load(environ).permalink == permalink
    else:
        assert len(faults(environ)) == 1


def test_old_permalinks_are_a_list_of_paths(tmp_path: Path) -> None:
    environ = write(tmp_path, 'old_permalinks = ["/:title/", "/{slug}.html"]')
    assert load(environ).old_permalinks == ("/:title/", "/{slug}.html")
    assert load({"FEEDSVC_OLD_PERMALINKS": "/:title/ /a"}).old_permalinks == ("/:title/", "/a")
    for value in ('["title"]', "[1]", "3"):
        assert len(faults(write(tmp_path, f"old_permalinks = {value}"))) == 1


MAIL = '[mail]\nhost = "mail.example"\nsender = "a@b.example"\nrecipients = ["c@d.example"]\n'


def test_without_a_mail_server_nothing_of_mail_is_needed(tmp_path: Path) -> None:
    assert load(write(tmp_path, '[mail]\nsender = "a@b.example"')).mail.host == ""


def test_recipients_are_a_list_or_words_and_hosts_are_written_in_ascii(tmp_path: Path) -> None:
    environ = write(tmp_path, MAIL)
    assert load(environ).mail.recipients == ("c@d.example",)
    environ["FEEDSVC_MAIL__RECIPIENTS"] = "a@b.example, пресса@x.рф"
    assert [where.split()[0] for where, _ in faults(environ)] == ["mail.recipients"]
    environ["FEEDSVC_MAIL__RECIPIENTS"] = "a@b.example, press@управа.рф a@b.example"
    assert load(environ).mail.recipients == ("a@b.example", "press@xn--80aaf4cfq.xn--p1ai")


@pytest.mark.parametrize(
    "lines",
    [
        'recipients = "a@b.example\\r\\nx@y.example <z>"',
        'recipients = ["a@b.example>\\r\\nDATA"]',
        "recipients = [3]",
        'recipients = {a = "b"}',
        f"recipients = {['a@b.example'] * 51}",
        "recipients = []",
        'sender = ""',
        'sender = "a@b@c d"',
        'sender = "a\\"b@c.example"',
        f'sender = "a@{"x." * 200}example"',
        'security = "ssl"',
        "port = 65536",
        'host = "a b"',
        'user = "press"',
        'password = "secret"',
        "password = 12345678",
        'password_file = "none"\nuser = "press"',
        'user = "press"\npassword = "x"\nsecurity = "none"',
    ],
)
def test_what_mail_cannot_be_sent_with_is_a_fault_that_shows_no_password(
    tmp_path: Path, lines: str
) -> None:
    changed = {line.partition(" ")[0] for line in lines.splitlines()}
    kept = [line for line in MAIL.splitlines() if line.partition(" ")[0] not in changed]
    found = faults(write(tmp_path, "\n".join([*kept, lines])))
    assert len(found) == 1
    assert found[0][0].startswith("mail.")
    assert not any(secret in repr(found) for secret in ("secret", "12345678"))


def test_a_password_may_go_unprotected_within_this_machine(tmp_path: Path) -> None:
    text = MAIL.replace("mail.example", "localhost")
    environ = write(tmp_path, text + 'user = "press"\nsecurity = "none"')
    environ["FEEDSVC_MAIL__PASSWORD"] = " se cret "
    assert load(environ).mail.password == " se cret "


def test_the_file_of_the_password_is_beside_the_settings(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x", encoding="utf-8")
    environ = write(tmp_path, MAIL + 'user = "press"\npassword_file = "secret"')
    assert load(environ).mail.password_file == tmp_path / "secret"


def test_the_key_of_the_desk_is_not_shown(tmp_path: Path) -> None:
    assert faults(write(tmp_path, "[desk]\nkey = 31337")) == [
        ("desk.key", "must be text in quotation marks")
    ]


@pytest.mark.parametrize(
    ("folder", "is_usable"),
    [
        ("problems", True),
        ("entries/~problems", True),
        ("entries/.problems/x", True),
        ("entries", False),
        ("entries/problems", False),
        ("entries/_problems", False),
        ("link", False),
        ("other/../entries/x", False),
    ],
)
def test_the_text_file_of_problems_is_not_where_it_would_be_read(
    tmp_path: Path,
    folder: str,
    is_usable: bool,  # noqa: FBT001 - a case
) -> None:
    (tmp_path / "entries").mkdir()
    (tmp_path / "link").symlink_to("entries")
    environ = write(tmp_path, f'problems_folder = "{folder}"')
    if is_usable:
        assert load(environ).problems_folder == tmp_path / folder
    else:
        assert [where.split()[0] for where, _ in faults(environ)] == ["problems_folder"]


def test_caches_are_told_as_the_settings_say(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("secret")
    text = """surrogate_keys = ["Surrogate-Key", "Cache-Tag"]
[purge]
urls = ["http://10.0.0.9:6081{path}", "https://[::1]/purge"]
method = "post"
secret_header = "Fastly-Key"
secret_file = "token"
command = ["purge", "--all"]
again = [30, 5, 30]
[replica]
stamp = "entries/.stamp"
"""
    settings = load(write(tmp_path, text))
    assert settings.surrogate_keys == ("Surrogate-Key", "Cache-Tag")
    assert settings.purge.urls == ("http://10.0.0.9:6081{path}", "https://[::1]/purge")
    assert (settings.purge.method, settings.purge.command) == ("POST", ("purge", "--all"))
    assert settings.purge.secret_file == tmp_path / "token"
    assert settings.purge.again == (5, 30)
    assert settings.replica.stamp == tmp_path / "entries/.stamp"
    assert load(
        {
            "FEEDSVC_SURROGATE_KEYS": "xkey Cache-Tag",
            "FEEDSVC_PURGE__COMMAND": "purge --all",
            "FEEDSVC_PURGE__AGAIN": "1, 2",
        }
    ).purge.again == (1, 2)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('surrogate_keys = ["Bad Header"]', "must be the name of a header"),
        ("surrogate_keys = 5", "must be a list of at most 4"),
        ('[purge]\nurls = ["ftp://cache/"]', "must be a list of addresses"),
        ('[purge]\nurls = ["http://user:word@cache/"]', "must be a list of addresses"),
        ('[purge]\nurls = ["http://cache/\\nX: y"]', "must be a list of addresses"),
        ('[purge]\nmethod = "GO ON"', "must be a method of HTTP"),
        ('[purge]\nheader = ""', "must be the name of a header"),
        ("[purge]\ncommand = [5]", "must be a command and its arguments"),
        ("[purge]\nagain = 5", "must be a list of seconds"),
        ("[purge]\nagain = [0]", "must be a whole number from 1 to 86400"),
        ('[purge]\nurls = ["http://cache/"]', "must name a header"),
        ('[purge]\ncommand = ["x"]', "must name a header"),
        ('[purge]\nsecret_header = "Key"', "purge.secret_header and purge.secret"),
        ('[purge]\nsecret_header = "Key"\nsecret_file = "none"', "this file does not exist"),
        ('[purge]\nsecret = "abc"', "purge.secret_header and purge.secret"),
        ("[purge]\nsecret = 5", "must be text in quotation marks"),
        ("[replica]\nmax_age = 0", "must be a whole number from 1 to 86400"),
    ],
)
def test_settings_of_caches_that_cannot_be_are_told(
    tmp_path: Path, text: str, expected: str
) -> None:
    ((where, message),) = faults(write(tmp_path, text))
    assert message.startswith(expected), where
    assert "secret = " not in where


def test_who_knows_addresses_needs_no_keys(tmp_path: Path) -> None:
    assert load(write(tmp_path, '[purge]\nurls = ["http://cache{path}"]')).purge.urls


def test_metrics_need_the_port_of_the_desk(tmp_path: Path) -> None:
    assert faults(write(tmp_path, "[desk]\nmetrics = true")) == [
        ("desk.metrics", "metrics are at the port of the desk: set desk.port as well")
    ]
    assert load(write(tmp_path, "[desk]\nport = 8001\nmetrics = true")).desk.metrics
    environ = write(tmp_path, "[desk]\nport = 8001") | {"FEEDSVC_DESK__METRICS": "True"}
    assert load(environ).desk.metrics


@pytest.mark.parametrize("value", ['"yes"', "1", '""', "[]"])
def test_a_switch_is_true_or_false(tmp_path: Path, value: str) -> None:
    (fault,) = faults(write(tmp_path, f"[desk]\nport = 1\nmetrics = {value}"))
    assert fault[1] == "must be true or false"


def test_the_access_log_is_a_file_beside_the_settings_or_standard_output(tmp_path: Path) -> None:
    assert load(write(tmp_path, '[log]\naccess = "x.log"')).log.access == tmp_path / "x.log"
    assert load(write(tmp_path, '[log]\naccess = "-"')).log.access == "-"
    assert not load(write(tmp_path, '[log]\naccess = ""')).log.access
    (fault,) = faults(write(tmp_path, '[log]\naccess = "no/x.log"'))
    assert fault == (f"log.access = '{tmp_path / 'no' / 'x.log'}'", "this folder does not exist")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ('["127.0.0.1", "10.1.2.3/8", "::1"]', ("127.0.0.1/32", "10.0.0.0/8", "::1/128")),
        ('"127.0.0.1, 10.0.0.0/8"', ("127.0.0.1/32", "10.0.0.0/8")),
        ("[]", ()),
        ('["proxy.example"]', None),
        ('["10.0.0.0/33"]', None),
        ("[1]", None),
        ("1", None),
    ],
)
def test_proxies_are_addresses_or_networks(
    tmp_path: Path, value: str, expected: tuple[str, ...] | None
) -> None:
    environ = write(tmp_path, f"[log]\nproxies = {value}")
    if expected is None:
        assert [where.split()[0] for where, _ in faults(environ)] == ["log.proxies"]
    else:
        assert load(environ).log.proxies == expected


@pytest.mark.parametrize("key", ["format", "access_format"])
def test_a_log_has_a_form_that_there_is(tmp_path: Path, key: str) -> None:
    (fault,) = faults(write(tmp_path, f'[log]\n{key} = "xml"'))
    assert fault[0] == f"log.{key} = 'xml'"
    assert fault[1].startswith("must be one of: ")
    assert getattr(load(write(tmp_path, f'[log]\n{key} = "json"')).log, key) == "json"


BASE = 'base_url = "https://news.example"\n'


def test_search_engines_are_told_by_key(tmp_path: Path) -> None:
    settings = load(write(tmp_path, f'{BASE}[indexnow]\nkey = "0123-aBc"'))
    assert settings.indexnow.key == "0123-aBc"
    assert settings.indexnow.endpoints == INDEXNOW_ENDPOINTS
    environ = {"FEEDSVC_INDEXNOW__ENDPOINTS": "https://a/x https://a/x https://b/"}
    assert load(environ).indexnow.endpoints == ("https://a/x", "https://b/")
    assert not load(environ).has_outbox
    assert settings.has_outbox
    text = f'{BASE}[indexnow]\nkey = "0123-aBc"\nendpoints = []'
    assert not load(write(tmp_path, text)).has_outbox


def test_hosts_that_need_not_be_public_are_names_and_networks(tmp_path: Path) -> None:
    text = '[outgoing]\nprivate = ["Hub.local.", "10.1.2.3/16", "127.0.0.1", "::1", "hub.local"]'
    settings = load(write(tmp_path, text))
    assert settings.outgoing.private == ("hub.local", "10.1.0.0/16", "127.0.0.1/32", "::1/128")
    environ = {"FEEDSVC_OUTGOING__PRIVATE": "hub 10.0.0.0/8", "FEEDSVC_HUB__URL": "http://hub/a?b"}
    settings = load(environ)
    assert settings.outgoing.private == ("hub", "10.0.0.0/8")
    assert settings.hub.url == "http://hub/a?b"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('[indexnow]\nkey = "short"', "must be 8 to 128 Latin letters"),
        ('[indexnow]\nkey = "with_underscore"', "must be 8 to 128 Latin letters"),
        ('[indexnow]\nkey = "01234567"', "must be set, or search engines would be told"),
        ('[indexnow]\nendpoints = ["yandex.com"]', "must be a list of addresses, such as"),
        ('[outgoing]\nprivate = ["10.0.0.0/99"]', "must be a list of hosts or networks"),
        ('[outgoing]\nprivate = ["http://hub/"]', "must be a list of hosts or networks"),
        ("[outgoing]\nprivate = 5", "must be a list of at most 100"),
        ('[hub]\nurl = "ftp://hub/"', "must be an address such as https://hub.example/"),
        ('[hub]\nurl = "https://user:word@hub/"', "must be an address"),
    ],
)
def test_settings_of_outgoing_requests_that_cannot_be_are_told(
    tmp_path: Path, text: str, expected: str
) -> None:
    ((where, message),) = faults(write(tmp_path, text))
    assert message.startswith(expected), where
