"""Problems of what is written: the header of a text, its date, its length."""

from feedsvc.i18n import N_
from feedsvc.problems.kind import Kind, error, warning

OF_TEXTS: dict[str, Kind] = {
    # What every text must have.
    "no-title": error(
        N_("there is no title"),
        N_("write it in the first line, or after «title:»"),
    ),
    "title-long": error(
        N_("the title is longer than {limit} characters"),
        N_("write a short title, and the text below it"),
    ),
    "no-date": error(
        N_("there is no date"),
        N_("write the day, month and year, like 13.08.2014, below the title or after «date:»"),
    ),
    "bad-date": error(
        N_("«{value}» is not a date"),
        N_("write day, month and year, like 13.08.2014, 13.08.2014 15:30 or 13 августа 2014"),
    ),
    "date-no-year": error(
        N_("the date «{value}» has no year"),
        N_("write the year as well, like 13.08.2014"),
    ),
    "date-no-day": error(
        N_("the date «{value}» has no day"),
        N_("write the day as well, like 13.08.2014"),
    ),
    "date-short-year": error(
        N_("the year in «{value}» has only two digits, and may be taken for a day"),
        N_("write all four; if you mean {full}, write that"),
    ),
    "date-no-such-day": error(
        N_("the day in «{value}» does not exist: this month has {last} days"),
        N_("correct the day or the month"),
    ),
    "date-no-month": error(
        N_("there is no month {month}, as in «{value}»"),
        N_("write the day first and then the month, like 13.08.2014"),
    ),
    "date-month": error(
        N_("there is no such month as in «{value}»"),
        N_("did you mean «{near}»?"),
    ),
    "date-order": error(
        N_("in «{value}» either number may be the month"),
        N_("write the day first and put full stops between, like 13.08.2014"),
    ),
    "date-time": error(
        N_("what stands beside the date in «{value}» is not a time of day"),
        N_("write one date, and one time with a colon, like 13.08.2014 15:30"),
    ),
    "date-weekday": warning(
        N_("the date «{value}» is another day of the week: «{right}»"),
        N_("look whether the date is right; it was taken as it is written"),
    ),
    "no-body": error(
        N_("there is no text"),
        N_("write the news below the title and the date"),
    ),
    "too-deep": error(
        N_("quotations, lists or tags are nested too deeply, or there are too many «&» characters"),
        N_("simplify the text; it can have at most 100 levels"),
    ),
    "table-large": error(
        N_("the tables have more than 20,000 cells; this is where the limit is reached"),
        N_("shorten them, or put the table beside the text as a file"),
    ),
    "pictures-many": error(
        N_("the text shows more than 1,000 pictures"),
        N_("split it into several texts"),
    ),
    "addresses-many": error(
        N_("there are too many addresses, or one is made of too many parts"),
        N_("leave out what is not needed, or split the text"),
    ),
    "signs-many": error(
        N_("a paragraph is very long, and full of quotation marks or signs like «&»"),
        N_("divide it into several paragraphs"),
    ),
    "too-many-parts": error(
        N_("the text consists of too many lines, list items, links or tags"),
        N_("split it into several texts, or put it beside a short text as a file"),
    ),
    # The front matter of Markdown files.
    "no-front-matter": error(
        N_("there is no header"),
        N_("start the file with the line «---», then «title: …» and «date: …», then «---» again"),
    ),
    "page-without-head": error(
        N_("this web page says neither its title nor its date"),
        N_(
            "start the file with the line «---», then «title: …» and «date: …», then «---» again;"
            " or bring saved pages in with the command «feedsvc import»"
        ),
    ),
    "front-matter-open": error(
        N_("the header has no end"),
        N_("put the line «---» between the header and the text"),
    ),
    "bad-yaml": error(
        N_("the header cannot be understood here"),
        N_("write each line as «name: value»; put a value with a colon in quotation marks"),
    ),
    "not-a-mapping": error(
        N_("the header does not consist of lines like «name: value»"),
        N_("write «title: …» and «date: …», each on a line of its own"),
    ),
    "key-twice": error(
        N_("«{key}» appears twice"),
        N_("keep one of the two lines"),
    ),
    "names-many": error(
        N_("the header has more than 100 lines like «name: value»"),
        N_("leave only what a header can have; the text begins below the second line «---»"),
    ),
    "list-long": error(
        N_("a list in the header is too long"),
        N_("leave only the most important"),
    ),
    "text-long": error(
        N_("«{key}» is longer than {limit} characters"),
        N_("shorten it; a longer text has its place below the header"),
    ),
    "bad-value": error(
        N_("«{key}» cannot have this kind of value"),
        N_("write simple text after «{key}:»"),
    ),
    "bad-list": error(
        N_("«{key}» must be a simple list"),
        N_("write «{key}: [one, two]»"),
    ),
    "unknown-status": error(
        N_("«{value}» is not a status"),
        N_("write published, draft or withdrawn, or remove the line"),
    ),
    "hidden-unclear": error(
        N_("«{key}: {value}» may mean that this text is not for the public"),
        N_("write «status: draft» or «status: published» instead"),
    ),
    "expires-early": error(
        N_("«{value}», when this news ends, is not after the date on which it begins"),
        N_("correct one of the two dates, or write «status: withdrawn»"),
    ),
    "bad-pinned": error(
        N_("«{value}» does not say whether or until when this news comes first"),
        N_("write yes, no or a date, like 30.11.2026"),
    ),
    "bad-dzen": error(
        N_("«{value}» does not say where Dzen is to show this news"),
        N_("write news, news_only or blogs_only, or no if Dzen is not to have it"),
    ),
    "translation-unknown": warning(
        N_("there is no news «{value}» of which this could be a translation"),
        N_("write its id, or the name of its file, after «translation_of:»"),
    ),
    "translation-same": warning(
        N_("this is to be a translation of «{value}», but is in the same language"),
        N_("add the line «lang:» with the language of the translation, like en"),
    ),
    "password": error(
        N_("«{key}» says that readers need a password, which cannot be asked for here"),
        N_("remove the line if everyone may read the text, or write «status: draft»"),
    ),
    "bad-head": error(
        N_("the header cannot be understood here"),
        N_("write it as the system does that the text comes from, or as «name: value»"),
    ),
    "bad-id": error(
        N_("the id «{value}» is not only Latin letters, digits, . _ - or is longer than 128"),
        N_("write a shorter id of only these characters, or remove the line"),
    ),
    "bad-guid": error(
        N_("the guid «{value}» is not a complete address or tag, or is one of this site's own"),
        N_("copy it from the old feed, where it is like https://… or tag:…, or remove the line"),
    ),
    "id-twice": error(
        N_("the id «{id}» is already taken by {other}"),
        N_("give this file another id or name, or delete one of the two files"),
    ),
    "guid-twice": error(
        N_("the guid «{guid}» is already taken by {other}"),
        N_("remove the «guid:» line from one of the two files"),
    ),
    "category-twice": error(
        N_("the category «{label}» has the same address as «{taken}» in {other}"),
        N_("spell them alike, or choose another name"),
    ),
    "unknown-key": warning(
        N_("«{key}» is unknown and was ignored"),
        N_("remove the line, or check the spelling"),
    ),
    "unknown-key-near": warning(
        N_("«{key}» is unknown and was ignored"),
        N_("did you mean «{near}»?"),
    ),
    "template": warning(
        N_("«{value}» is a command to the system the text comes from; it was left out"),
        N_("look at the page, and write what is missing into the text"),
    ),
    "bad-lang": warning(
        N_("«{value}» is not a language code and was ignored"),
        N_("write a code like ru or en, or remove the line"),
    ),
    "bad-address": warning(
        N_("«{value}» is not a web address, or has over 2,000 characters, and was ignored"),
        N_("write the complete address, with http:// or https://"),
    ),
    "bad-alias": warning(
        N_("«{value}» is no address that a page can have, and was ignored"),
        N_("write it as it stood behind the name of the old site, like /2014/08/news.html"),
    ),
    "bad-category": warning(
        N_("the category «{value}» has no letters, or over 100 characters, and was ignored"),
        N_("give it a short name"),
    ),
    "categories-many": warning(
        N_("there are more than 50 categories; the rest were ignored"),
        N_("keep the most important ones"),
    ),
    "updated-early": warning(
        N_("«updated» is earlier than «date» and was ignored"),
        N_("write when the text was last changed, or remove the line"),
    ),
}
