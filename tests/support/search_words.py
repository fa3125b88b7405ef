"""Words and texts to search in, and matchers of words."""

from hypothesis import strategies as st

from feedsvc.search.stemming import StemMatcher, stem

WORDS = (
    "импортозамещение импортозамещения импортозамещению двор дворы дворов ёлка елки школа"
    " школьный развитие отечественных производств наукоёмких предприятий востребована"
    " running runs hoping dying happy national skies 2014 covid19 straße ёжик"
).split()
TEXTS = st.lists(st.sampled_from([*WORDS, "—", "и", "<b>", "&amp;", "по-русски"])).map(" ".join)


def matcher_of(*words: str) -> StemMatcher:
    return StemMatcher(frozenset(map(stem, words)))
