"""What `feedsvc desk` says: the link to the desk, and how Prometheus reads the metrics."""

from collections.abc import Iterator
from importlib.util import find_spec

from feedsvc.desk.addresses import home_url, metrics_url
from feedsvc.desk.keys import Keys
from feedsvc.desk.scraping import scrape_config
from feedsvc.i18n import translations
from feedsvc.settings import Settings


def describe(settings: Settings, key: str) -> Iterator[str]:
    """Yield the lines; the link alone if metrics are not set up."""
    _ = translations(settings.language).gettext
    yield home_url(settings, key)
    if not settings.desk.metrics:
        return
    if find_spec("prometheus_client") is None:
        text = _("metrics need one more library ({name}): pip install 'feedsvc[metrics]'")
        yield text.format(name="prometheus_client")
    yield ""
    text = _("Metrics: {url}, for scrape_configs of Prometheus:")
    yield text.format(url=metrics_url(settings))
    yield scrape_config(settings, Keys(key)).rstrip()
