"""Who follows the log of changes looks when there may be something new, and not otherwise."""

from feedsvc.storage.catalogue import Catalogue
from feedsvc.storage.polling import Poll
from tests.support.newsroom import Newsroom, item

EVERY = 10.0


def test_one_looks_at_first_after_a_change_and_when_time_has_passed(newsroom: Newsroom) -> None:
    newsroom.publish({"a.md": item("A")})
    poll = Poll(Catalogue(newsroom.settings.instance), EVERY)
    assert poll.may_be_new(100)
    assert not poll.may_be_new(101)
    newsroom.publish({"b.md": item("B")})
    assert poll.may_be_new(102)
    assert not poll.may_be_new(102 + EVERY - 1)
    assert poll.may_be_new(102 + EVERY)
