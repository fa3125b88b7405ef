"""What pages say to search engines and messengers: schema.org as JSON-LD (JSON-LD 1.1)."""

from feedsvc import urls
from feedsvc.feeds import common
from feedsvc.model import Attachment, Entry
from feedsvc.settings import Settings


def of_site(settings: Settings) -> dict[str, object]:
    """Describe the site, and whose it is."""
    return {
        "@context": "https://schema.org",
        "@type": "WebSite",
        "name": settings.title,
        "description": settings.description,
        "url": f"{settings.site}/",
        "inLanguage": settings.language,
        "publisher": _office(settings.author, settings),
    }


def of_entry(entry: Entry, settings: Settings) -> dict[str, object]:
    """Describe an entry as a `NewsArticle`; dates carry their offsets."""
    url = urls.entry_url(entry, settings)
    office = entry.publisher or settings.author
    told = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "mainEntityOfPage": {"@type": "WebPage", "@id": url},
        "url": url,
        "headline": entry.title,
        "description": entry.summary,
        "datePublished": entry.published.isoformat(),
        "dateModified": entry.updated.isoformat(),
        "author": _office(common.entry_author(entry) or settings.author, settings),
        "publisher": _office(office, settings),
        "image": [_picture(entry, picture, settings) for picture in common.pictures(entry)],
        "articleSection": [category.label for category in entry.categories],
        "correction": entry.correction,
        "inLanguage": entry.lang or settings.language,
        "isAccessibleForFree": True,
    }
    return {name: value for name, value in told.items() if value}


def _office(name: str, settings: Settings) -> dict[str, object]:
    # Who answers for the news of a press centre is an office; nothing says so of a name.
    office: dict[str, object] = {"@type": "Organization", "name": name}
    if name == settings.author:
        office["url"] = f"{settings.site}/"
        if settings.logo:
            office["logo"] = {"@type": "ImageObject", "url": urls.logo_url("logo", settings)}
        if settings.contact:
            office["email"] = settings.contact
    return office


def _picture(entry: Entry, file: Attachment, settings: Settings) -> dict[str, object]:
    picture: dict[str, object] = {
        "@type": "ImageObject",
        "url": urls.media_url(entry, file.name, settings),
        "width": file.width,
        "height": file.height,
    }
    if file.caption:
        picture["caption"] = file.caption
    return picture
