// Print the entries that feed-extractor reads in the feed at an address.
import { extract } from "@extractus/feed-extractor";

const text = (value) => value?.["#text"] ?? value;
const list = (value) => [value ?? []].flat();
const { entries } = await extract(process.argv[2], {
  descriptionMaxLen: 0,
  getExtraEntryFields: (entry) => {
    const enclosure =
      list(entry.enclosure)[0]?.["@_url"] ??
      list(entry.link).find((link) => link["@_rel"] === "enclosure")?.["@_href"] ??
      list(entry.attachments)[0]?.url;
    const full =
      entry["content:encoded"] ??
      entry.content ??
      entry.content_html ??
      entry["yandex:full-text"];
    return { enclosure: enclosure ?? "", full: text(full) ?? "" };
  },
});
const shown = entries.map((entry) => ({
  id: entry.id,
  title: entry.title,
  text: entry.full,
  link: entry.link,
  enclosure: entry.enclosure,
}));
console.log(JSON.stringify(shown));
