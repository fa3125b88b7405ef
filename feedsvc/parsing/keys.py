"""Keys of front matter: our own, those of other systems, and what each of them means here.

Keys are compared without case, hyphens and underscores: `publishDate`, `publish_date` and
`Publish-Date` are one. A key of another system that may hide a text hides it here, or keeps
the file back; none is ignored.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import lru_cache

from feedsvc.parsing import russian
from feedsvc.parsing.context import Context
from feedsvc.parsing.front_matter import Content, Value
from feedsvc.parsing.identifiers import as_id
from feedsvc.text import unquoted

KEYS = (
    "title date id updated author publisher summary lang categories status reason correction image"
    " attachments address guid aliases translation_of translation_key pinned expires dzen"
).split()
# By our key: the keys that mean the same in other systems, the first one being preferred.
_SAME_AS = {
    "date": "published published_at pub_date date_published created created_at created_on"
    " creation_date",
    "updated": "lastmod modified last_modified last_modified_at last_updated updated_at"
    " date_modified modification_date changed",
    "author": "authors by byline creator",
    "summary": "description excerpt abstract",
    "lang": "language locale",
    "categories": "category tags tag topics",
    "image": "cover cover_image featured_image feature_image featured_img thumbnail banner hero"
    " hero_image og_image images header",
    "id": "slug",
    "address": "canonical_url canonical",
    "aliases": "alias redirect_from url permalink path old_url legacy_url wordpress_id post_id"
    " wp_id",
    "translation_of": "",
    "translation_key": "ref lang_ref page_id",
    "pinned": "pin sticky",
    "expires": "",
    "dzen": "",
}
# What says how a page looks or where it stands, and nothing about the text.
_IGNORED = frozenset(
    """
    layout type template theme style class css js scripts weight order position menu nav
    nav_order nav_title toc comments comment disqus math katex mathjax mermaid highlight
    featured share sharing social sidebar breadcrumbs related series keywords
    meta seo sitemap robots redirect_to link
    linktitle subtitle tagline short_title html_title reading_time show_toc hide_meta
    cover_alt image_alt color icon classes author_profile read_time words_per_minute uuid
    hide_title pagination paginate outputs markup params extra format mediatype cascade
    tags_color has_math has_code feed rss eleventy_navigation page_template insert_anchor_links
    sort_by in_search_index generate_feeds parent grand_parent has_children edit_link
    image_caption source source_url via sources
    """.split()
)
# What each of these says of a text that it hides.
_HIDES_IF_TRUE = frozenset(
    "draft drafts private hidden hide unlisted headless protected"
    " eleventy_exclude_from_collections exclude exclude_from_collections unpublished skip"
    " is_draft is_private is_hidden".split()
)
_HIDES_IF_FALSE = frozenset(
    "published publish public visible render is_published is_public".split()
)
# When a text becomes public; its date may be an earlier one.
_NOT_BEFORE = frozenset(("publishdate", "embargo", "publishat", "publishon", "golive"))
# When it ceases to be: a day without a time ends where it begins.
_NOT_AFTER = frozenset(
    "expirydate expiry expireson expiresat expirationdate"
    " unpublishdate unpublishat unpublish".split()
)
# What cannot be done here, by the code of the problem.
_KEPT_BACK = dict.fromkeys(("password", "postpassword", "passphrase"), "password")
# Of these, all that is written counts.
_LISTS = frozenset(("categories", "aliases"))
_SECTIONS = ("categories", "category")
# The numbers of posts in WordPress, whose addresses without a permalink are of this form.
_NUMBERS = frozenset(("wordpressid", "postid", "wpid"))
# Of Hugo's «build».
_BUILD = ("render", "list")
_NOT_BUILT = ("never", "false")
_STATE = frozenset(("status", "poststatus", "visibility"))
# The words for whether a text is public; all others keep the file back.
_PUBLIC = frozenset("published publish public future scheduled featured live".split())
_NOT_PUBLIC = frozenset(
    "draft drafts hidden private pending trash trashed auto-draft inherit skip unlisted"
    " protected password archived unpublished review deleted".split()
)
# Of these, even one whose value is unclear is no text.
_STATE_KEYS = frozenset(("draft", "private", "hidden", "expires", *_KEPT_BACK)).union(
    _STATE, _NOT_BEFORE, _NOT_AFTER
)
# In characters: longer keys are nobody's, and are not remembered.
_MAX_KEY = 50
# In Nikola's texts these are tags.
_HIDING_TAGS = ("draft", "private")


def plain(key: str) -> str:
    """Return a key as it is compared."""
    return _plain(key) if len(key) < _MAX_KEY else _plain.__wrapped__(key)


@lru_cache(maxsize=1000)  # a site has few keys, each of them in many files
def _plain(key: str) -> str:
    return key.lower().replace("-", "").replace("_", "").replace(" ", "")


_MEANING = {plain(each): own for own, keys in _SAME_AS.items() for each in (own, *keys.split())} | {
    plain(key): key for key in KEYS
}
_RANK = {
    plain(each): rank
    for own, keys in _SAME_AS.items()
    for rank, each in enumerate((own, *keys.split()))
}
_PLAIN_IGNORED = frozenset(map(plain, _IGNORED))
_PLAIN_HIDES_IF_TRUE = frozenset(map(plain, _HIDES_IF_TRUE))
_PLAIN_HIDES_IF_FALSE = frozenset(map(plain, _HIDES_IF_FALSE))
# Every key of another system that means something here.
KNOWN = frozenset(_RANK).union(
    _PLAIN_HIDES_IF_TRUE, _PLAIN_HIDES_IF_FALSE, _NOT_BEFORE, _NOT_AFTER, _KEPT_BACK, _STATE
)


def is_known(key: str) -> bool:
    """Return whether a key, of our own or of another system, means something here."""
    name = plain(key)
    return name in _MEANING or name in KNOWN or name in russian.KEYS


def own(key: str) -> str:
    """Return our key for a key of any system or in Russian, or '' if it has no such meaning."""
    return _MEANING.get(russian.english(plain(key)), "")


def is_about_state(key: str) -> bool:
    """Return whether a key says whether or when a text is public."""
    name = plain(key)
    return (
        russian.english(name) in _STATE_KEYS or name in russian.WITHDRAW or name in russian.PUBLISH
    )


def is_start(key: str) -> bool:
    """Return whether a key says when a text becomes public, which may be after its date."""
    return russian.english(plain(key)) in _NOT_BEFORE


def is_switch(key: str, text: str) -> bool:
    """Return whether a key hides or shows a text, and its value says whether it does."""
    name = russian.english(plain(key))
    is_one = name in _PLAIN_HIDES_IF_TRUE or name in _PLAIN_HIDES_IF_FALSE
    return is_one and unquoted(text).lower() in russian.TRUE | russian.FALSE


def hides(key: str, text: str) -> bool:
    """Return whether a key and the whole of its value say that a text is not public."""
    written, word = plain(key), russian.state(text)
    if written in russian.WITHDRAW:
        return word not in russian.FALSE
    name = "publish" if written in russian.PUBLISH else russian.english(written)
    if name in _PLAIN_HIDES_IF_TRUE:
        return word in russian.TRUE
    if name in _PLAIN_HIDES_IF_FALSE:
        return word in russian.FALSE - {""}
    return name in _STATE and (word in _NOT_PUBLIC or word == "withdrawn")


@dataclass(slots=True)
class Meaning:
    """What the front matter of a file means: values by our keys.

    `is_hidden` says that it is kept from the public, `not_before` holds the moments of which
    each must have come, `not_after` those of which none may have, `sections` the labels that
    are no mere tags.
    """

    values: dict[str, Value]
    is_hidden: bool = False
    not_before: list[Value] = field(default_factory=list)
    not_after: list[Value] = field(default_factory=list)
    sections: list[str] = field(default_factory=list)


def interpret(values: Mapping[str, Value], context: Context) -> Meaning:
    """Return what front matter means; report what is unknown, and what keeps the file back."""
    meaning = Meaning({})
    chosen: dict[str, int] = {}
    lists: defaultdict[str, list[Value]] = defaultdict(list)
    for key, name, value in _in_english(values, context):
        if _is_about_hiding(name, key, value, meaning, context):
            continue
        own = _MEANING.get(name)
        if own in _LISTS:
            lists[own].append(listed := _listed(name, value, context))
            if name in _SECTIONS:
                meaning.sections += _labels(listed.content)
        elif own is not None:
            rank = _RANK.get(name, 0)
            if rank == chosen.get(own):  # written in another case
                context.report("key-twice", value.line, key=key)
            elif own not in chosen or rank < chosen[own]:
                chosen[own] = rank
                meaning.values[own] = value
        elif name not in _PLAIN_IGNORED:
            _report_unknown(key, value, context)
    _heed_slug(meaning.values, context, is_slug=chosen.get("id") == _RANK["slug"])
    meaning.values |= {own: _joined(found) for own, found in lists.items()}
    if "categories" in lists:
        meaning.is_hidden |= _has_hiding_tag(meaning.values["categories"].content)
    return meaning


def _listed(name: str, value: Value, context: Context) -> Value:
    """Return a value of a list as a list, where other systems write it as something else."""
    if not isinstance(value.content, str):
        return value
    if name in _NUMBERS:
        return Value(value.line, f"/?p={value.content}")
    if name in ("categories", "tags") and context.name.is_post_of_jekyll:
        # Separated by spaces, or by authors who do not know that, by commas.
        labels = value.content.split("," if "," in value.content else None)
        return Value(value.line, tuple(filter(None, map(str.strip, labels))))
    return value


def _labels(content: Content) -> list[str]:
    each = content if isinstance(content, tuple) else (content,)
    return [label for label in each if isinstance(label, str)]


def _has_hiding_tag(content: Content) -> bool:
    # Nikola separates them by commas.
    tags = (tag for label in _labels(content) for tag in label.lower().split(","))
    return any(tag.strip() in _HIDING_TAGS for tag in tags)


def _heed_slug(values: dict[str, Value], context: Context, *, is_slug: bool) -> None:
    """Make the slug an id: it may have any letters, and is that of all translations.

    Behind a date in the name of the file it is no id: another year may have the same.
    """
    slug, name = values.get("id"), context.name
    if is_slug and slug is not None and isinstance(slug.content, str):
        made = as_id(slug.content) + name.language
        values["id"] = Value(slug.line, made)
        if name.name != name.stem and made == as_id(name.name):
            del values["id"]


def _flattened(values: Mapping[str, Value]) -> Iterator[tuple[str, Value]]:
    """Yield the values, and those that Zola and Hugo put into tables of their own.

    What means the same as a value above a table yields to that, but nothing that may hide.
    """
    for key, value in values.items():
        if plain(key) in ("taxonomies", "params", "extra") and isinstance(value.content, dict):
            for name, content in value.content.items():
                if name not in values or plain(name) not in _MEANING:
                    yield name, Value(value.line, content)
        else:
            yield key, value


def _in_english(values: Mapping[str, Value], context: Context) -> Iterator[tuple[str, str, Value]]:
    """Yield the keys as they are written, as they are compared, and their values."""
    for key, value in _flattened(values):
        for name, meant in russian.in_english(plain(key), value, context.settings.timezone):
            yield key, name, meant


def _is_about_hiding(name: str, key: str, value: Value, meaning: Meaning, context: Context) -> bool:
    """Note what a key says about whether the text is public; return whether it is such a key."""
    word = unquoted(value.content).lower() if isinstance(value.content, str) else None
    if name in _STATE:
        return _is_state(name, word, value, meaning, context)
    if name in _PLAIN_HIDES_IF_TRUE or name in _PLAIN_HIDES_IF_FALSE:
        if word in russian.TRUE or word in russian.FALSE:
            hiding = russian.TRUE if name in _PLAIN_HIDES_IF_TRUE else russian.FALSE
            meaning.is_hidden |= word in hiding
        elif name in _MEANING:
            return False  # «published» may be a date
        else:
            context.report("hidden-unclear", value.line, key=key, value=str(value.content))
    elif name in _NOT_BEFORE:
        meaning.not_before.append(value)
    elif name in _NOT_AFTER:
        meaning.not_after.append(value)
    elif name in _KEPT_BACK:
        context.report(_KEPT_BACK[name], value.line, key=key)
    elif name == "build" and isinstance(value.content, dict):
        meaning.is_hidden |= any(value.content.get(each) in _NOT_BUILT for each in _BUILD)
    elif name == "permalink" and word in russian.FALSE:  # Eleventy writes no page then
        meaning.is_hidden = True
    else:
        return False
    return True


def _is_state(
    name: str, word: str | None, value: Value, meaning: Meaning, context: Context
) -> bool:
    if word in _NOT_PUBLIC:
        meaning.is_hidden = True
    elif name == "status" and (word == "withdrawn" or word is None):
        return False
    elif word not in _PUBLIC:
        context.report("unknown-status", value.line, value=str(value.content))
    return True


def _joined(lists: list[Value]) -> Value:
    """Return several lists of labels as one."""
    if len(lists) == 1:
        return lists[0]
    labels: list[Content] = []
    for value in lists:
        if isinstance(value.content, tuple):
            labels += value.content
        elif isinstance(value.content, str):
            labels.append(value.content)
        else:
            return value
    return Value(lists[0].line, tuple(labels))


def _report_unknown(key: str, value: Value, context: Context) -> None:
    # A long name is no misspelling, and comparing it takes time.
    names = (*KEYS, *russian.NAMES)
    near = get_close_matches(key.lower(), names, n=1, cutoff=0.75) if len(key) < 30 else None
    if near:
        context.report("unknown-key-near", value.line, key=key, near=near[0])
    else:
        context.report("unknown-key", value.line, key=key)
