"""The style of the page: light and dark, narrow and wide, for screen and print."""

CSS = """
:root { --ink: #1f2430; --grey: #6a7180; --line: #e3e5ea; --paper: #fff; --ground: #f6f7f9;
        --blue: #1c6fb8; --warm: #d9480f; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e8ee; --grey: #9aa1b0; --line: #333947; --paper: #1d212b; --ground: #14171e;
          --blue: #6cb2f0; --warm: #ff8f5e; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink);
       font: 16px/1.5 system-ui, -apple-system, "Segoe UI", "Noto Sans", sans-serif; }
main { max-width: 62rem; margin: 0 auto; padding: 2.5rem 1.25rem 3rem; }
header { margin-bottom: 1.5rem; }
h1 { margin: 0; font-size: 2rem; line-height: 1.2; letter-spacing: -.01em;
     overflow-wrap: anywhere; }
h2 { margin: 0 0 .9rem; font-size: 1.15rem; }
p { margin: .4rem 0; }
.path, footer, figcaption { color: var(--grey); font-size: .875rem; overflow-wrap: anywhere; }
section { background: var(--paper); border: 1px solid var(--line); border-radius: 10px;
          padding: 1.25rem 1.4rem; margin: 0 0 1.1rem; }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(7.4rem, 1fr));
         gap: 1rem; overflow-wrap: anywhere; }
.cards b { display: block; font-size: 1.6rem; line-height: 1.25; color: var(--blue);
           font-variant-numeric: tabular-nums; }
.cards span { color: var(--grey); font-size: .875rem; }
.notice { border-left: 3px solid var(--warm); padding-left: .8rem; overflow-wrap: anywhere; }
figure { margin: 0; }
figure img { display: block; max-width: 100%; height: auto; background: #fff; border-radius: 6px;
             padding: .5rem; }
figcaption { margin-top: .6rem; }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; }
th { text-align: left; overflow-wrap: anywhere; font-weight: 500; color: var(--grey); }
td { unicode-bidi: isolate; overflow-wrap: anywhere; }
tr + tr > *, thead + tbody > tr > * { border-top: 1px solid var(--line); }
.pairs { width: 100%; }
.pairs th { width: 13rem; padding: .25rem 1rem .25rem 0; vertical-align: top; }
.pairs td { padding: .25rem 0; }
.wide { overflow-x: auto; }
.grid th { vertical-align: bottom; font-size: .8rem; line-height: 1.25; }
.grid th, .grid td { padding: .3rem .7rem .3rem 0; text-align: right; white-space: nowrap; }
.grid th { white-space: normal; overflow-wrap: normal; min-width: 3.4rem; }
.words { width: 100%; margin-top: .8rem; }
.words :is(th, td), .runs :is(th, td) { vertical-align: top; overflow-wrap: normal; }
.words :is(th, td), .runs :is(th, td):nth-child(-n+2) { text-align: left; white-space: normal; }
.runs :is(th, td):nth-child(2) { min-width: 12rem; }
details summary { margin: 1.6rem 0 .7rem; font-size: 1.3rem; cursor: pointer;
  overflow-wrap: anywhere; }
pre { margin: .5rem 0; padding: .8rem 1rem; background: var(--ground); border-radius: 6px;
      font: .8rem/1.5 ui-monospace, "DejaVu Sans Mono", monospace;
      white-space: pre-wrap; overflow-wrap: anywhere; }
@media (max-width: 40rem) { .pairs th { width: 9rem; } section { padding: 1rem; } }
@media print {
  :root { --ink: #000; --grey: #555; --line: #ccc; --paper: #fff; --ground: #fff; --blue: #000; }
  body { font-size: 10pt; } main { max-width: none; padding: 0; }
  section { border: 0; padding: 0; margin-bottom: 1.5rem; }
  h2 { break-after: avoid; } figure, tr { break-inside: avoid; }
  .wide { overflow: visible; } .grid { font-size: 6.5pt; } .grid th { min-width: 0; }
  .grid th, .grid td { padding-right: .4rem; } }
"""
