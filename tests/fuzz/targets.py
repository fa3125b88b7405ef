"""The targets of fuzzing, by name: what each calls, and its bounds."""

from dataclasses import dataclass

from tests.fuzz import documents, renderers, texts
from tests.fuzz.oracles import Bounds, Check, run

_USUAL = Bounds()
# A table of two kilobytes may have 20,000 cells, which take 0.2 s.
_MARKUP = Bounds(seconds=1.5)
_SMALL = Bounds(seconds=0.2, output=4000)


@dataclass(frozen=True, slots=True)
class Target:
    """A function that takes any bytes and raises if a promise is broken.

    `length` is the most bytes of an input, `share` the share of the time it gets.
    """

    check: Check
    bounds: Bounds = _USUAL
    length: int = 4096
    share: int = 1

    def __call__(self, data: bytes) -> None:
        run(self.check, data, self.bounds)


TARGETS = {
    "entry": Target(
        renderers.check_entry, Bounds(seconds=3, output=100_000, output_per_byte=4000), share=8
    ),
    "site": Target(
        renderers.check_site, Bounds(seconds=8, output=400_000, output_per_byte=20_000), share=4
    ),
    "request": Target(renderers.check_request, Bounds(output=500_000), length=2048, share=2),
    "growth": Target(
        renderers.check_growth,
        Bounds(seconds=15, memory=512 * 1024 * 1024),
        length=160,
        share=4,
    ),
    "encoding": Target(texts.check_encoding, _SMALL, length=2048),
    "front-matter": Target(texts.check_front_matter, _SMALL, length=2048),
    "markdown": Target(texts.check_markdown, _MARKUP, length=2048, share=3),
    "templates": Target(texts.check_templates, _MARKUP, length=2048, share=2),
    "sanitizer": Target(texts.check_sanitizer, _MARKUP, length=2048, share=3),
    "press-head": Target(texts.check_press_head, length=1024),
    "press-text": Target(texts.check_press_text, length=1024, share=2),
    "documents": Target(documents.check_document, Bounds(seconds=2), length=4096, share=3),
    "links": Target(texts.check_links, length=512),
    "identifiers": Target(texts.check_identifiers, _SMALL, length=512),
    "dates": Target(texts.check_date, _SMALL, length=128),
    "search": Target(texts.check_search, length=1024),
    "entity-tags": Target(texts.check_entity_tags, _SMALL, length=1024),
    "messages": Target(texts.check_messages, _SMALL, length=1024),
    "settings": Target(texts.check_settings, Bounds(output=20_000), length=2048),
    "pictures": Target(texts.check_picture, length=2048),
}
