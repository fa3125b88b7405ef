"""Words and texts to search in, and the forms of words."""

from hypothesis import strategies as st

from feedsvc.search.excerpts import FormMatcher
from feedsvc.search.stemming import plain_form
from feedsvc.search.vocabulary import term

WORDS = (
    "импортозамещение импортозамещения импортозамещению двор дворы дворов ёлка елки школа"
    " школьный развитие отечественных производств наукоёмких предприятий востребована"
    " running runs hoping dying happy national skies 2014 covid19 straße ёжик"
).split()
TEXTS = st.lists(st.sampled_from([*WORDS, "—", "и", "<b>", "&amp;", "по-русски"])).map(" ".join)


def forms_of(*searched: str) -> dict[str, str]:
    """Return the forms of words among WORDS, as an index of them knows them."""
    terms = {term(plain_form(each)): plain_form(each) for each in searched}
    forms = [plain_form(each) for each in (*WORDS, *searched)]
    return {form: terms[term(form)] for form in forms if term(form) in terms}


def matcher_of(*searched: str) -> FormMatcher:
    return FormMatcher(forms_of(*searched))
