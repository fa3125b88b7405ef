// Print the result of Lighthouse's audit of a robots.txt, which is read from standard input.
import { text } from "node:stream/consumers";
import RobotsTxt from "lighthouse/core/audits/seo/robots-txt.js";

const content = await text(process.stdin);
console.log(JSON.stringify(RobotsTxt.audit({ RobotsTxt: { status: 200, content } })));
