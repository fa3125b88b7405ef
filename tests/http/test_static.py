"""Static documents, which need no catalogue."""

from dataclasses import replace

import pytest

from feedsvc.app import build_app
from feedsvc.settings import Settings
from tests.support.http import CACHE, SECURITY, tag
from tests.support.newsroom import NOW, SetClock


@pytest.mark.parametrize("url", ["/static/style.css", "/static/feed.css"])
def test_a_style_sheet_is_there_even_without_a_catalogue(
    settings: Settings, url: str, set_clock: SetClock
) -> None:
    set_clock(NOW)
    empty = replace(settings, instance=settings.instance / "none", colour="#112233")
    client = build_app(empty).test_client()
    whole = client.get(url)
    assert (whole.status_code, whole.content_type) == (200, "text/css; charset=utf-8")
    assert b"#112233" in whole.data
    assert {name: value for name, value in whole.headers if name in SECURITY} == SECURITY
    same = client.get(url, headers={"If-None-Match": tag(whole)})
    assert (same.status_code, same.headers["Cache-Control"]) == (304, CACHE)
