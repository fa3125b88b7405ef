// Print the entries that rss-parser reads in the feed at an address.
import Parser from "rss-parser";

const parser = new Parser({
  customFields: { item: [["yandex:full-text", "full"]] },
});
const { items } = await parser.parseURL(process.argv[2]);
const shown = items.map((item) => ({
  id: item.id ?? item.guid ?? item.link,
  title: item.title,
  text: item["content:encoded"] ?? item.content ?? item.full ?? "",
  link: item.link,
  enclosure: item.enclosure?.url ?? "",
}));
console.log(JSON.stringify(shown));
