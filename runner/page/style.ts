/** The style sheet of the page. Every pair of text and background has a contrast of at least 4.5 to 1 in both schemes. */

export const LIGHT = `
  --back: #ffffff; --card: #f6f7f9; --line: #e2e5ea; --text: #1b1f27; --faint: #5b6472; --accent: #1f5fbf;
  --good: #14713d; --bad: #b3261e; --warn: #8a5300; --good-back: #e7f5ec; --bad-back: #fdebea; --warn-back: #fdf3e0;
  --c1: #2563c9; --c2: #b86e00; --c3: #c02a6b; --c4: #0f7d80; --c5: #6b4fc4; color-scheme: light;`;

export const DARK = `
  --back: #14171c; --card: #1c2027; --line: #313741; --text: #e8ebf0; --faint: #a2abb9; --accent: #86b3ff;
  --good: #66cf92; --bad: #ff8a80; --warn: #f2bd62; --good-back: #17301f; --bad-back: #3a1e1d; --warn-back: #362a14;
  --c1: #74a7ff; --c2: #f0b050; --c3: #ff86b6; --c4: #4fc9c4; --c5: #b39dff; color-scheme: dark;`;

export const PAGE_CSS = `
:root {${LIGHT}}
@media screen and (prefers-color-scheme: dark) { :root {${DARK}} }
@media screen { :root[data-theme=light] {${LIGHT}} :root[data-theme=dark] {${DARK}} }
* { box-sizing: border-box; }
html { scroll-padding-top: 3.5rem; -webkit-text-size-adjust: 100%; }
body {
  margin: 0; background: var(--back); color: var(--text);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
}
[hidden] { display: none !important; }
.hidden {
  position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap;
}
a { color: var(--accent); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 3px; }
main:focus, section:focus { outline: none; }
.skip { position: absolute; left: -999px; top: 0; background: var(--back); padding: .5rem 1rem; z-index: 20; }
.skip:focus { left: 0; }

nav {
  position: sticky; top: 0; z-index: 10; display: flex; align-items: center; gap: .5rem;
  padding: 0 max(1rem, calc((100vw - 1200px) / 2 + 1rem)); background: var(--back); border-bottom: 1px solid var(--line);
}
nav .links { display: flex; overflow-x: auto; flex: 1; scrollbar-width: none; margin-left: -.6rem; }
nav .links::-webkit-scrollbar { display: none; }
nav a {
  padding: .6rem .6rem; color: var(--faint); text-decoration: none; white-space: nowrap; font-size: 13px;
  border-bottom: 2px solid transparent;
}
nav a:hover, nav a[aria-current] { color: var(--text); }
nav a[aria-current] { border-bottom-color: var(--accent); }
nav a:focus-visible { outline-offset: -3px; }

button, select {
  font: inherit; font-size: 13px; color: var(--text); background: var(--card); border: 1px solid var(--line);
  border-radius: 6px; padding: .25rem .6rem; cursor: pointer;
}
button:hover, select:hover { border-color: var(--faint); }
select { max-width: 100%; }

main { max-width: 1200px; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
section { margin-top: 2.75rem; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: .1rem 0 1.1rem; overflow-wrap: anywhere; font-weight: 650; }
h2 { font-size: 1.15rem; margin: 0 0 .8rem; font-weight: 650; }
h2 a { color: inherit; text-decoration: none; }
h2 a:hover::after { content: " #"; color: var(--faint); }
h3 { font-size: .9rem; margin: 1.25rem 0 .5rem; font-weight: 600; overflow-wrap: anywhere; }
p { margin: .5rem 0; }
code, pre { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace; font-size: .88em; }
code { overflow-wrap: anywhere; unicode-bidi: isolate; }
pre {
  margin: .5rem 0; padding: .75rem; background: var(--card); border: 1px solid var(--line); border-radius: 6px;
  overflow: auto; max-height: 30rem;
}
small { color: var(--faint); font-size: .8rem; }
.note, .faint { color: var(--faint); }
.note { font-size: .86rem; max-width: 72ch; }
.good { color: var(--good); } .bad { color: var(--bad); } .warn { color: var(--warn); }

.about { color: var(--faint); font-size: .86rem; margin: 0; }
.verdict {
  display: flex; gap: 1.1rem; align-items: baseline; padding: .9rem 1.1rem; border-radius: 8px; color: var(--text);
  background: var(--card); border-left: 5px solid var(--faint);
}
.verdict.good { background: var(--good-back); border-color: var(--good); }
.verdict.bad { background: var(--bad-back); border-color: var(--bad); }
.verdict.warn { background: var(--warn-back); border-color: var(--warn); }
.verdict p { margin: 0; }
.verdict .label { font-weight: 750; text-transform: uppercase; letter-spacing: .05em; }
.verdict.good .label { color: var(--good); } .verdict.bad .label { color: var(--bad); }
.verdict.warn .label { color: var(--warn); }
.verdict .headline { font-size: 1.05rem; font-weight: 600; }
.verdict ul { margin: .35rem 0 0; padding-left: 1.1rem; }
.verdict ul:empty { display: none; }
.verdict li { overflow-wrap: anywhere; }

.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(7rem, 1fr)); gap: 1rem .5rem; margin: 1.4rem 0 0; }
.figures dt { color: var(--faint); font-size: .8rem; }
.figures dd { margin: 0; font-size: 1.35rem; font-weight: 600; line-height: 1.25; font-variant-numeric: tabular-nums; }
.figures dd small { display: block; font-weight: 400; }
.facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr)); gap: .6rem 1.5rem; margin: 0 0 1rem; }
.facts dt { color: var(--faint); font-size: .8rem; }
.facts dd { margin: 0; overflow-wrap: anywhere; }

.frame { position: relative; overflow-x: auto; max-width: 100%; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; font-variant-numeric: tabular-nums; }
th, td { padding: .38rem .75rem .38rem 0; text-align: left; vertical-align: baseline; border-bottom: 1px solid var(--line); }
th:last-child, td:last-child { padding-right: 0; }
thead th { color: var(--faint); font-weight: 500; font-size: .8rem; white-space: nowrap; }
button.sort { border: 0; background: none; padding: 0; color: inherit; font-size: inherit; }
button.sort:hover { color: var(--text); text-decoration: underline; }
[aria-sort] button.sort { color: var(--text); font-weight: 600; }
[aria-sort=descending] button.sort::before { content: "▾ "; }
[aria-sort=ascending] button.sort::before { content: "▴ "; }
tbody th { font-weight: 400; }
tr.all th, tr.all td { font-weight: 650; }
th.number, td.number { text-align: right; white-space: nowrap; padding-left: .5rem; }
.name { min-width: 9rem; overflow-wrap: anywhere; }
td.wide { min-width: 9rem; }
tr.good, tr.bad { color: inherit; }
tbody tr:hover { background: var(--card); }
.mark { font-weight: 700; } tr.good .mark { color: var(--good); } tr.bad .mark { color: var(--bad); }
.expression { color: var(--faint); white-space: nowrap; }
.message { overflow-wrap: anywhere; }

svg.bar { width: 100%; max-width: 22rem; min-width: 7rem; height: 10px; display: block; }
.bar .back { fill: var(--line); } .bar.good .value { fill: var(--good); } .bar.bad .value { fill: var(--bad); }
.bar .limit { fill: var(--text); }
svg.spark { width: 96px; height: 18px; display: block; }
.spark polyline { fill: none; stroke: var(--c2); stroke-width: 1.2; }

.choice { display: flex; align-items: center; gap: .5rem; font-size: .86rem; color: var(--faint); margin-bottom: 1rem; }
.choice select { min-width: 0; }
.charts { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 1.75rem 2rem; }
.charts.three { grid-template-columns: repeat(3, minmax(0, 1fr)); }
@media (max-width: 860px) { .charts, .charts.three { grid-template-columns: minmax(0, 1fr); } }
.chart { position: relative; margin: 0; min-width: 0; break-inside: avoid; }
.chart h3 { margin: 0 0 .15rem; }
.chart figcaption { display: flex; justify-content: space-between; align-items: baseline; gap: .5rem; }
.legend { display: flex; flex-wrap: wrap; gap: 0 .5rem; min-height: 1.6rem; }
.legend button { border: 0; background: none; padding: .1rem 0; color: var(--faint); font-size: .8rem; font-variant-numeric: tabular-nums; }
.legend button:hover { color: var(--text); }
.legend button[aria-pressed=false] { text-decoration: line-through; }
.legend button[aria-pressed=false] .swatch { opacity: .4; }
.legend .swatch { display: inline-block; width: .8em; height: .28em; margin-right: .4em; vertical-align: middle; border-radius: 1px; }
.legend .value { color: var(--text); font-weight: 600; display: inline-block; min-width: 3.6em; }
.plot { height: 208px; overflow: hidden; border-radius: 3px; }
/* What uPlot needs to place its parts. */
.uplot, .uplot * { box-sizing: border-box; }
.uplot { width: min-content; }
.u-wrap { position: relative; user-select: none; }
.u-wrap canvas { display: block; position: relative; width: 100%; height: 100%; }
.u-over, .u-under, .u-axis, .u-select { position: absolute; }
.u-under { overflow: hidden; }
.u-select { background: var(--accent); opacity: .18; pointer-events: none; }
.u-cursor-x, .u-cursor-y, .u-cursor-pt { position: absolute; left: 0; top: 0; pointer-events: none; }
.u-hz .u-cursor-x { height: 100%; border-right: 1px dashed var(--faint); }
.u-hz .u-cursor-y { width: 100%; border-bottom: 1px dashed var(--faint); }
.u-cursor-pt { border: 0 solid; border-radius: 50%; background-clip: padding-box !important; }
.u-axis.u-off, .u-select.u-off, .u-cursor-x.u-off, .u-cursor-y.u-off, .u-cursor-pt.u-off { display: none; }
.trace { border-bottom: 1px solid var(--line); }
.trace > summary { display: flex; flex-wrap: wrap; gap: .2rem .9rem; padding: .45rem 0; font-size: .9rem; color: var(--text); font-variant-numeric: tabular-nums; }
.trace .what { flex: 1; min-width: 10rem; overflow-wrap: anywhere; }
.trace[open] { padding-bottom: 1rem; }
h4 { font-size: .85rem; margin: .9rem 0 .3rem; }
.phases { list-style: none; margin: .5rem 0 1rem; padding: 0; font-size: .8rem; max-width: 40rem; }
.phases li { display: grid; grid-template-columns: 10rem 1fr; align-items: center; gap: .5rem; }
.phase { display: block; height: .5em; border-radius: 2px; background: currentColor; }
.phase.c1 { color: var(--c1); } .phase.c2 { color: var(--c2); } .phase.c3 { color: var(--c3); }
.phase.c4 { color: var(--c4); } .phase.c5 { color: var(--c5); }
svg.interval { width: 100%; max-width: 20rem; min-width: 8rem; height: 16px; display: block; color: var(--warn); }
svg.interval.good { color: var(--good); } svg.interval.bad { color: var(--bad); }
.interval .margin { fill: var(--line); } .interval .zero { stroke: var(--faint); }
svg.runs { width: 100%; max-width: 20rem; min-width: 8rem; height: 20px; display: block; }
.runs .baseline { fill: var(--faint); } .runs .candidate { fill: var(--accent); } .runs circle { fill-opacity: .65; }
.interval .span { stroke: currentColor; stroke-width: 2; } .interval circle, .interval .arrow { fill: currentColor; }
details > summary { cursor: pointer; color: var(--faint); font-size: .8rem; }
details.block > summary { font-size: .95rem; color: var(--text); padding: .35rem 0; }
.numbers .frame { max-height: 18rem; overflow-y: auto; }
.notes { padding-left: 1.1rem; } .notes:empty { display: none; }

@media (max-width: 560px) {
  body { font-size: 14px; }
  main { padding-top: 1rem; }
  .verdict { flex-direction: column; gap: .3rem; padding: .8rem .9rem; }
  .figures { grid-template-columns: repeat(3, 1fr); }
  .figures dd { font-size: 1.1rem; }
  .name { min-width: 7rem; max-width: 12rem; }
  thead th { white-space: normal; }
  td.wide { min-width: 3.5rem; }
  svg.bar { min-width: 3.5rem; }
  tbody th { position: sticky; left: 0; background: var(--back); }
  .trace .facts { grid-template-columns: 1fr; }
}
@media print {
  nav, .skip, .choice, .numbers { display: none; }
  main { max-width: none; padding: 0; }
  section { margin-top: 1.5rem; }
  .frame { overflow: visible; }
  .charts, .charts.three { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  .plot { height: auto; }
  .uplot, .u-wrap { width: 100% !important; height: auto !important; }
  .u-wrap canvas { height: auto !important; }
  .u-over, .u-under { display: none; }
  .verdict, .bar rect, .swatch { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  table { font-size: .75rem; }
}
@media (prefers-reduced-motion: no-preference) { html { scroll-behavior: smooth; } }
`;
