"""Structured data for search engines and messengers: schema.org as JSON-LD 1.1."""

from feedsvc import urls
from feedsvc.feeds import common
from feedsvc.model import Attachment, Entry
from feedsvc.settings import Settings


def website(settings: Settings) -> dict[str, object]:
    """Describe the site as a `WebSite`, with its publisher."""
    return {
        "@context": "https://schema.org",
        "@type": "WebSite",
        "name": settings.title,
        "description": settings.description,
        "url": settings.site + urls.HOME,
        "inLanguage": settings.language,
        "publisher": _organization(settings.author, settings),
    }


def news_article(entry: Entry, settings: Settings) -> dict[str, object]:
    """Describe an entry as a `NewsArticle`, without empty properties; dates have offsets."""
    url = urls.entry_url(entry, settings)
    publisher = entry.publisher or settings.author
    properties = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "mainEntityOfPage": {"@type": "WebPage", "@id": url},
        "url": url,
        "headline": entry.title,
        "description": entry.summary,
        "datePublished": entry.published.isoformat(),
        "dateModified": entry.updated.isoformat(),
        "author": _organization(common.entry_author(entry) or settings.author, settings),
        "publisher": _organization(publisher, settings),
        "image": [_image(entry, picture, settings) for picture in common.pictures(entry)],
        "articleSection": [category.label for category in entry.categories],
        "correction": entry.correction,
        "inLanguage": entry.lang or settings.language,
        "isAccessibleForFree": True,
        "expires": entry.expires and entry.expires.isoformat(),
        **_translations(entry, settings),
    }
    return {name: value for name, value in properties.items() if value}


def _translations(entry: Entry, settings: Settings) -> dict[str, object]:
    """Name the original of a translation, or the translations of an original."""
    versions = common.versions(entry, settings)
    works: dict[str, dict[str, object]] = {
        version.page: {
            "@type": "NewsArticle",
            "@id": settings.site + version.page,
            "inLanguage": common.language(version, settings),
        }
        for version in versions.values()
    }
    original = next((each.page for each in versions.values() if each.is_original), None)
    if original is None:
        return {}
    if original != entry.page:
        return {"translationOfWork": works[original]}
    return {"workTranslation": [work for page, work in works.items() if page != original]}


def _organization(name: str, settings: Settings) -> dict[str, object]:
    # Nothing tells whether a name is a person's; a press centre usually signs as an office.
    properties: dict[str, object] = {"@type": "Organization", "name": name}
    if name == settings.author:
        properties["url"] = settings.site + urls.HOME
        if settings.logo:
            properties["logo"] = {"@type": "ImageObject", "url": urls.logo_url("logo", settings)}
        known = {
            "email": settings.contact,
            "telephone": settings.telephone,
            "address": settings.address,
            "sameAs": [address for _, address in settings.networks],
        }
        properties |= {name: value for name, value in known.items() if value}
    return properties


def _image(entry: Entry, file: Attachment, settings: Settings) -> dict[str, object]:
    properties: dict[str, object] = {
        "@type": "ImageObject",
        "url": urls.media_url(entry, file.name, settings),
        "width": file.width,
        "height": file.height,
    }
    if file.caption:
        properties["caption"] = file.caption
    return properties
