"""The desk in a real browser: live, without a reload, and usable by everybody."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.support.axe import run_axe
from tests.support.browsing import DESK, PHONE, SCHEMES, SCREENSHOTS, new_context, resize
from tests.support.desk import KEY, RunningDesk, running_desk
from tests.support.files import picture
from tests.support.html_checker import check
from tests.support.newsroom import item
from tests.support.waiting import wait_for

DRAFT = item("Черновик о катке", status="draft", body="Текст.\n\n| a | b |\n|---|---|\n| 1 | 2 |")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDesk]:
    folder = tmp_path_factory.mktemp("desk")
    (folder / "entries").mkdir()
    for name, data in {
        "draft.md": DRAFT,
        "draft.jpg": picture((1600, 900)),
        "later.md": item("Выйдет позже", date="2099-01-01"),
        "public.md": item("На сайте", date="2026-01-01"),
        "bad.txt": "Заголовок без даты\n\nТекст.".encode(),
        "gone.md": item("Отозвано", status="withdrawn"),
    }.items():
        (folder / "entries" / name).write_bytes(data)
    with running_desk(folder) as running:
        wait_for(lambda: running.shows("Черновик о катке"), 30)
        yield running


@pytest.fixture
def page(context: BrowserContext, desk: RunningDesk) -> Iterator[Page]:
    opened = context.new_page()
    faults: list[str] = []
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    opened.goto(desk.url())
    yield opened
    opened.close()
    assert [fault for fault in faults if "502" not in fault] == []


def test_a_file_that_is_dropped_appears_without_a_reload(page: Page, desk: RunningDesk) -> None:
    page.evaluate("window.isSame = true")
    dropped = desk.service.entries / "new.txt"
    dropped.write_text("Новая новость\n\nбез даты\n\nТекст.")
    entry = page.locator("section:has(#kept-back) .file", has_text="new.txt")
    expect(entry).to_contain_text("не дата", timeout=20_000)
    dropped.write_text("Новая новость\n\n29.11.2026\n\nТекст.")
    expect(entry).to_have_count(0, timeout=20_000)
    shown = page.locator("section:has(#newest) .file", has_text="Новая новость")
    expect(shown).to_contain_text("Опубликовано", timeout=20_000)
    assert page.evaluate("window.isSame")


def test_the_focus_stays_where_it_was_when_the_list_changes(page: Page, desk: RunningDesk) -> None:
    link = page.get_by_role("link", name="Предварительный просмотр").first
    link.focus()
    href = link.get_attribute("href")
    (desk.service.entries / "another.md").write_bytes(item("Ещё одна"))
    expect(page.locator("h3", has_text="Ещё одна")).to_have_count(1, timeout=20_000)
    assert page.evaluate("document.activeElement.href") == href


def test_a_desk_that_does_not_answer_says_so(page: Page) -> None:
    away = page.locator(".away")
    expect(away).to_be_hidden()
    page.route("**/*", lambda route: route.fulfill(status=502))
    expect(away).to_be_visible(timeout=20_000)
    page.unroute("**/*")
    expect(away).to_be_hidden(timeout=20_000)


def test_without_script_the_page_loads_itself_anew(browser: Browser, desk: RunningDesk) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(desk.url())
    assert page.locator("noscript meta, meta[http-equiv=refresh]").count() == 1
    (desk.service.entries / "slow.md").write_bytes(item("Без скрипта"))
    expect(page.locator("h3", has_text="Без скрипта")).to_have_count(1, timeout=40_000)
    context.close()


def test_everybody_can_use_the_desk_and_previews(desk: RunningDesk, browser: Browser) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    addresses = {"desk": desk.url(), "preview": desk.preview("draft")}
    with new_context(browser) as context:
        for name, address in addresses.items():
            page = context.new_page()
            page.goto(address)
            for screen in (PHONE, DESK):
                resize(page, screen)
                assert page.evaluate("document.documentElement.scrollWidth") <= screen.width
                for scheme in SCHEMES:
                    page.emulate_media(color_scheme=scheme)
                    assert run_axe(page)["violations"] == [], (name, screen, scheme)
                page.screenshot(path=SCREENSHOTS / f"{name} {screen}.png", full_page=True)
            page.close()


def test_a_preview_shows_its_pictures_and_loads_nothing_else(
    desk: RunningDesk, context: BrowserContext
) -> None:
    page = context.new_page()
    asked: list[tuple[str, int]] = []
    page.on("response", lambda answer: asked.append((answer.url, answer.status)))
    page.goto(desk.preview("draft"))
    assert page.evaluate("document.images[0].naturalWidth") > 100
    assert {status for _, status in asked} == {200}
    assert all(url.startswith(desk.preview("draft")) for url, _ in asked)
    page.close()


def test_the_html_checker_accepts_desk_and_preview(desk: RunningDesk, tmp_path: Path) -> None:
    for name, address in {"desk": desk.url(), "preview": desk.preview("draft")}.items():
        (tmp_path / f"{name}.html").write_text(desk.get(address)[1])
    (tmp_path / "desk.css").write_text(desk.get(f"/desk/{KEY}/desk.css")[1])
    assert check(tmp_path) == {}
