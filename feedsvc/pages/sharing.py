"""Links to pass on an entry: plain addresses of other services, of which nothing is loaded."""

from urllib.parse import quote, urlencode

from feedsvc import urls
from feedsvc.i18n import N_
from feedsvc.model import Entry
from feedsvc.settings import Settings


def share_links(entry: Entry, settings: Settings) -> dict[str, str]:
    """Return the addresses by the names of the services, as the catalogues have them.

    The networks read title and picture from the page itself (OpenGraph).
    """
    url = urls.entry_url(entry, settings)
    # RFC 6068: spaces as %20.
    letter = urlencode({"subject": entry.title, "body": url}, quote_via=quote)
    query = urlencode({"url": url})
    return {
        N_("Telegram"): f"https://t.me/share/url?{query}",
        N_("VK"): f"https://vk.com/share.php?{query}",
        N_("OK"): f"https://connect.ok.ru/offer?{query}",
        N_("By mail"): f"mailto:?{letter}",
    }
