"""How a transcript looks: one style sheet inside the page, let in by its hash and by nothing else."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256

STYLE = """
:root{color-scheme:light dark;--ink:light-dark(#22272a,#e6e5e0);--soft:light-dark(#5d6367,#a0a7ab);
--ground:light-dark(#fffdfa,#15181a);--line:light-dark(#d9d4c8,#3a4145);--accent:light-dark(#1a665b,#7ccbb8);
--agent:light-dark(#6b3fa0,#c3a6ec);--call:light-dark(#7a4d05,#efc67e)}
*{box-sizing:border-box}
body{margin:0 auto;padding:1.5rem 1rem 4rem;max-inline-size:48rem;background:var(--ground);color:var(--ink);
font:1rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;overflow-wrap:anywhere}
a{color:var(--accent)}
h1{font-size:1.5rem;line-height:1.2;margin:0 0 .25rem}
h2{font-size:1.125rem;margin:2rem 0 .5rem;border-block-end:1px solid var(--line)}
h3{font-size:.875rem;margin:1.5rem 0 .5rem;color:var(--soft)}
.soft,.note,footer{color:var(--soft);font-size:.875rem}
ul{padding-inline-start:1.25rem;margin:0}
article{margin:.875rem 0;padding-inline-start:.75rem;border-inline-start:3px solid var(--accent)}
article.agent{border-inline-start:3px double var(--agent)}
article.note{margin:.375rem 0;border-inline-start-color:transparent}
article:target{outline:2px solid var(--accent);outline-offset:.25rem}
article header{display:flex;flex-wrap:wrap;gap:0 .625rem;align-items:baseline;font-size:.875rem;color:var(--soft)}
.who{color:var(--accent);font-size:1rem;font-weight:600}
.agent .who{color:var(--agent)}
.type{color:var(--call);font-weight:600}
.text{white-space:pre-wrap;unicode-bidi:plaintext;tab-size:4}
.note .text{display:inline}
.note header{display:inline-flex;margin-inline-end:.5rem}
.gone{font-style:italic;color:var(--soft)}
form{display:flex;flex-wrap:wrap;gap:.5rem;align-items:end;margin:1rem 0}
label{flex:1 1 16rem}
input{display:block;inline-size:100%}
input,button{font:inherit;color:inherit;background:transparent;border:1px solid var(--soft);border-radius:.5rem;
min-block-size:2.75rem;padding:.375rem .75rem}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
@media print{
:root{color-scheme:light;--ink:#000;--ground:#fff;--soft:#444;--accent:#000;--agent:#000;--call:#000;--line:#999}
body{max-inline-size:none;padding:0;font-size:10pt}
form,nav{display:none}
a{text-decoration:none}
h2,h3,article header{break-after:avoid}
article{break-inside:auto;orphans:3;widows:3}
}
"""

STYLE_SOURCE = f"'sha256-{b64encode(sha256(STYLE.encode()).digest()).decode()}'"


def page_policy(*, form_action: str = "'none'") -> str:
    """The CSP of a page of ours that is a document and nothing else: no script, no image, nothing from anywhere."""
    return f"default-src 'none'; style-src {STYLE_SOURCE}; base-uri 'none'; form-action {form_action}"
