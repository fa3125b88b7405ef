"""Links to pass on an entry: plain addresses of other services, of which nothing is loaded."""

from urllib.parse import quote

from feedsvc import urls
from feedsvc.i18n import N_, translations
from feedsvc.model import Entry
from feedsvc.settings import Settings

# What the address of the page, percent-encoded, stands behind. The networks read title and
# picture from the page itself (OpenGraph). Telegram has the same name in every language.
_NETWORKS = {
    "Telegram": "https://t.me/share/url?url=",
    N_("VK"): "https://vk.com/share.php?url=",
    N_("OK"): "https://connect.ok.ru/offer?url=",
}

_BY_MAIL = N_("By mail")


def share_links(entry: Entry, settings: Settings) -> list[tuple[str, str]]:
    """Return name, in the site's language, and address of what an entry can be sent with."""
    translated = translations(settings.language).gettext
    url = quote(urls.entry_url(entry, settings), safe="")
    found = [(translated(name), start + url) for name, start in _NETWORKS.items()]
    # RFC 6068: spaces are %20.
    letter = f"mailto:?subject={quote(entry.title, safe='')}&body={url}"
    return [*found, (translated(_BY_MAIL), letter)]
