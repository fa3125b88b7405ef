"""What is imported: a feed, a saved page of 1C-Bitrix, exports of WordPress."""

RSS = """<?xml version="1.0" encoding="{encoding}"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:media="http://search.yahoo.com/mrss/">
<channel><title>Т</title><link>https://old.example/</link>
<item><title>А &amp;amp; Б &lt;b&gt;в&lt;/b&gt;</title><link>https://old.example/2014/новость.html</link>
<guid isPermaLink="false">12 at old</guid><pubDate>Wed, 13 Aug 2014 15:30:00 +0400</pubDate>
<dc:creator>Иван</dc:creator><category>Спорт</category><category>Спорт</category>
<description>Кратко &amp;amp; ясно</description>
<content:encoded><![CDATA[<p>Текст <img src="/a.png"></p>]]></content:encoded>
<enclosure url="https://old.example/b.pdf" length="1" type="application/pdf"/>
<media:content url="https://old.example/b.pdf"/><media:thumbnail url="https://old.example/c.png"/>
</item>
<item><title>Без текста</title><description>Только &lt;i&gt;описание&lt;/i&gt;</description>
<pubDate>13.08.2014 10:00</pubDate></item>
</channel></rss>"""
BITRIX = """<!DOCTYPE html><html><head>
<meta http-equiv="Content-Type" content="text/html; charset=windows-1251">
<title>Открыт каток — Управа района</title><meta name="description" content="Открыт каток"></head>
<body><ul class="menu"><li><a href="/news/">Новости</a></li></ul><h1>Новости</h1>
<div class="news-detail">
<img class="detail_picture" src="/upload/a.png" width="300" alt="Каток">
<span class="news-date-time">13.08.2014</span><h3>Открыт каток</h3>
Первый абзац.<br /><br />Второй <b>абзац</b>.
<div class="share-buttons">Поделиться</div><script>x()</script><!-- y -->
</div><p><a href="/news/">Возврат к списку</a></p></body></html>"""
WXR = """<?xml version="1.0" encoding="UTF-8"?>
<!-- generator="WordPress" -->
<rss version="2.0" xmlns:excerpt="http://wordpress.org/export/1.2/excerpt/"
 xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:wp="http://wordpress.org/export/1.2/"><channel><title>Т</title><link>https://old.example</link>
<wp:wxr_version>1.2</wp:wxr_version><wp:base_blog_url>https://old.example</wp:base_blog_url>
<wp:author><wp:author_login>ivan</wp:author_login>
<wp:author_display_name><![CDATA[Иван &amp; Ко]]></wp:author_display_name></wp:author>
<wp:category><wp:cat_name>x</wp:cat_name></wp:category>
"""


def post(number: int = 1, content: str = "Текст", more: str = "", **values: str) -> str:
    """Return an item of an export with such fields of WordPress's."""
    fields = {
        "post_id": str(number),
        "post_type": "post",
        "status": "publish",
        "post_name": "%d0%b0",
        "post_date": "2014-08-13 15:30:00",
        "post_date_gmt": "2014-08-13 11:30:00",
        **values,
    }
    wp = "".join(f"<wp:{name}>{value}</wp:{name}>" for name, value in fields.items())
    return (
        f"<item><title>А &amp;amp; {number}</title><link>https://old.example/2014/{number}/</link>"
        f"<dc:creator>ivan</dc:creator><guid>https://old.example/?p={number}</guid>{wp}"
        f"<content:encoded><![CDATA[{content}]]></content:encoded>{more}</item>"
    )
