"""The configurations of servers in deploy/export/ know what an export relies on."""

import re

from feedsvc.export.target import ADDED, SUFFIXES
from feedsvc.pages.html import copy_script_hash
from feedsvc.web.responses import CONTENT_SECURITY_POLICY
from tests.support.newsroom import ROOT

NGINX = (ROOT / "deploy/export/nginx.conf").read_text()
CADDY = (ROOT / "deploy/export/Caddyfile").read_text()


def test_nginx_knows_the_type_of_each_end() -> None:
    (types,) = re.findall(r"\n    types \{\n(.*?)\n    \}", NGINX, re.DOTALL)
    known: dict[str, str] = {}
    for line in types.splitlines():
        kind, ends = re.findall(r'^\s+"?([^";\s]+)(?:; charset=utf-8")? (.+);$', line)[0]
        known |= {f".{end}": kind for end in ends.split()}
    assert known == SUFFIXES


def test_caddy_knows_the_type_of_each_end() -> None:
    ends = dict(re.findall(r"@(\w+) path ((?:\*\.\w+ ?)+)\n", CADDY))
    types = dict(re.findall(r'header @(\w+) Content-Type "?([^";\n]+)', CADDY))
    known = {end[1:]: types[name] for name, each in ends.items() for end in each.split()}
    assert known == SUFFIXES


def test_both_try_each_end_that_is_added() -> None:
    added = {end for end in ADDED.values() if end in (".html", ".jpg", ".png", ".gif", ".opml")}
    for text, variable in ((NGINX, "$uri"), (CADDY, "{path}")):
        assert all(f"{variable}{end} " in text for end in added)


def test_both_have_the_policy_and_the_hash_of_the_one_script() -> None:
    for text in (NGINX, CADDY):
        assert CONTENT_SECURITY_POLICY in text
        assert copy_script_hash() in text
