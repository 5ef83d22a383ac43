"""The stylesheet of the simulator's pages."""

from typing import Final

STYLESHEET: Final = b"""\
:root { color-scheme: light dark; --line: #c5cad3; --soft: #f3f5f8; --text: #1c2430; --ground: #fff; --accent: #0b57a4 }
@media (prefers-color-scheme: dark) {
  :root { --line: #454d59; --soft: #232932; --text: #e8ebf0; --ground: #171b21; --accent: #8cc1ff }
}
* { box-sizing: border-box }
body { margin: 0; background: var(--ground); color: var(--text); font: 1rem/1.5 system-ui, sans-serif }
header, main { max-width: 60rem; margin: 0 auto; padding: 1rem }
header { border-bottom: 1px solid var(--line) }
h1 { font-size: 1.5rem; line-height: 1.25; margin: .25rem 0; overflow-wrap: anywhere }
h3 { font-size: 1rem; margin: 1rem 0 .25rem }
h2 { font-size: 1.15rem; margin: 1.5rem 0 .5rem; overflow-wrap: anywhere }
a { color: var(--accent) }
p { margin: .5rem 0 }
section { border: 1px solid var(--line); border-radius: .5rem; padding: 0 1rem 1rem; margin: 1rem 0 }
.text { background: var(--soft); border-radius: .5rem; padding: .5rem 1rem; overflow-wrap: anywhere }
dl + dl { border-top: 1px solid var(--line); padding-top: .5rem; margin-top: .5rem }
dl { display: grid; grid-template-columns: minmax(8rem, 14rem) 1fr; gap: .25rem 1rem; margin: 0 }
dt { font-weight: 600 }
dd { margin: 0; min-width: 0; overflow-wrap: anywhere }
button { font: inherit; padding: .6rem 1.25rem; border: 0; border-radius: .4rem; background: #a3202c; color: #fff }
button:focus-visible, a:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px }
@media (max-width: 32rem) { dl { grid-template-columns: 1fr; gap: 0 } dd { margin-bottom: .6rem } }
"""
