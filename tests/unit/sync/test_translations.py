"""What is told of translations in the log, and by a check."""

import pytest

from feedsvc.storage.changes import Changes
from feedsvc.sync.check import check
from feedsvc.sync.translations import TranslationLog
from tests.support.newsroom import NOW, Newsroom, item

# How much longer than a look the pause after it is.
PART = "feedsvc.sync.translations._PART"


def test_an_original_that_is_none_is_logged_once_when_nothing_more_is_written(
    newsroom: Newsroom, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PART, 0)
    log = TranslationLog("ru")

    def logged() -> list[str]:
        caplog.clear()
        log.advance(Changes(newsroom.writer.snapshot(), NOW))
        return caplog.messages

    assert (logged(), logged()) == ([], [])
    newsroom.apply({"en.md": item(lang="en", translation_of="ru")})
    assert logged() == []
    told = logged()
    (sentence,) = told
    assert sentence == (
        "en.md:5: нет новости «ru», переводом которой был бы этот текст: "
        "напишите после «translation_of:» её id или имя её файла"
    )
    newsroom.apply({"other.md": item()})
    assert (logged(), logged(), logged()) == ([], [], [])
    # The original comes before the log is asked again.
    newsroom.apply({"tt.md": item(lang="tt", translation_of="new")})
    assert logged() == []
    newsroom.apply({"new.md": item()})
    assert (logged(), logged()) == ([], [])
    newsroom.apply({"ru.md": item()})
    assert (logged(), logged()) == ([], [])
    newsroom.apply({}, gone=["ru.md"])
    assert (logged(), logged()) == ([], told)
    log.close()


def test_a_look_at_all_translations_is_followed_by_a_pause(
    newsroom: Newsroom, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PART, 10**9)
    log = TranslationLog("ru")
    for name in ("a", "b"):
        newsroom.apply({f"{name}.md": item(lang="en", translation_of="ru")})
        for _ in range(3):
            log.advance(Changes(newsroom.writer.snapshot(), NOW))
    assert [message[:4] for message in caplog.messages] == ["a.md"]


def test_a_check_tells_which_originals_there_are_not(newsroom: Newsroom) -> None:
    entries = newsroom.settings.entries
    (entries / "a.md").write_bytes(item(lang="en", translation_of="z.md"))
    (entries / "b.md").write_bytes(item(lang="en", translation_of="nobody"))
    (entries / "z.md").write_bytes(item())
    found = [(each.path, each.line, each.code) for each in check(newsroom.settings).problems]
    assert found == [("b.md", 5, "translation-unknown")]
