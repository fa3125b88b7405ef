// Print the entries that feedparser reads in the feed at an address.
import { Readable } from "node:stream";
import FeedParser from "feedparser";

const url = process.argv[2];
const answer = await fetch(url);
if (answer.status !== 200) throw new Error(`Status code ${answer.status}`);
const shown = [];
const items = Readable.fromWeb(answer.body).pipe(new FeedParser({ feedurl: url }));
for await (const item of items) {
  shown.push({
    id: item.guid ?? item.link,
    title: item.title,
    text: item.description ?? item["yandex:full-text"]?.["#"] ?? "",
    link: item.link,
    enclosure: item.enclosures[0]?.url ?? "",
  });
}
console.log(JSON.stringify(shown));
