/** What the live page adds to the style sheet. */

export const LIVE_CSS = `
body { padding-bottom: 4rem; }
footer.bar {
  position: fixed; left: 0; right: 0; bottom: 0; z-index: 15; display: flex; align-items: center; gap: 1rem;
  padding: .55rem max(1rem, calc((100vw - 1200px) / 2 + 1rem)); background: var(--back); border-top: 1px solid var(--line);
}
footer.bar p { margin: 0; flex: 1; min-width: 0; font-variant-numeric: tabular-nums; }
footer.bar .detail { color: var(--faint); margin-left: .4rem; }
footer.bar.good { background: var(--good-back); } footer.bar.good strong { color: var(--good); }
footer.bar.bad strong { color: var(--bad); }
footer.bar.warn { background: var(--warn-back); } footer.bar.warn strong { color: var(--warn); }
footer .progress { position: absolute; left: 0; top: -1px; width: 100%; height: 3px; }
footer .progress rect { fill: var(--accent); }
footer.bar.good .progress rect { fill: var(--good); } footer.bar.bad .progress rect { fill: var(--bad); }
footer.bar.warn .progress rect { fill: var(--warn); }
footer .pause { white-space: nowrap; }
footer .pause[aria-pressed=true] { border-color: var(--warn); }
kbd { font: inherit; font-size: .8em; color: var(--faint); border: 1px solid var(--line); border-radius: 3px; padding: 0 .3em; }
.bar.accent .value { fill: var(--accent); }
.mark.accent { color: var(--accent); } .mark.faint { color: var(--faint); }
#now .figures { margin: 0 0 1rem; }
.log {
  margin: 0; padding: .6rem .75rem; list-style: none; max-height: 20rem; overflow: auto; background: var(--card);
  border: 1px solid var(--line); border-radius: 6px; font-size: .86rem; font-variant-numeric: tabular-nums;
}
.log li { padding: .1rem 0; overflow-wrap: anywhere; } .log .message { white-space: pre-wrap; }
@media (max-width: 560px) {
  footer.bar { gap: .6rem; padding: .45rem .75rem; } footer.bar .detail { display: block; margin: 0; font-size: .86rem; }
  footer .pause kbd { display: none; }
}
@media print { footer.bar { display: none; } body { padding: 0; } }
`;
