/**
 * The page as one file: markup, styles, code and data, nothing from the network.
 *
 * What may run and be drawn is said by a Content-Security-Policy with hashes: the one script and the one style sheet that
 * stand here. Names, messages and bodies of a run are hostile text; they come as JSON in a tag that is no script, and
 * the client puts them on the page as text only.
 */

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../dsl/package-root.ts';
import type { Comparison } from '../compare/model.ts';
import { bundleClient } from './client-bundle.ts';
import { LIVE_CSS } from './live-style.ts';
import type { PageData } from './model.ts';
import { PAGE_CSS } from './style.ts';

/** `report` shows the data of the page itself; a `comparison` that of two sides; `live` takes it from the server that the page came from. */
export type PageKind = 'report' | 'live' | 'comparison';

/** In the package every client is bundled already; sources keep their extension. */
const COMPILED = !import.meta.url.endsWith('.ts');

/** The script of a page, or the one that live pages share. */
export function clientScript(entry: PageKind | 'live-stream'): string {
  const clients = ['runner', 'page', 'client'];
  return COMPILED
    ? readFileSync(join(packageRoot(), 'dist', ...clients, `${entry}.js`), 'utf8').trim()
    : bundleClient(join(packageRoot(), ...clients, `${entry}.ts`));
}

/** JSON that can stand within a tag: neither ends it nor begins a comment in it. */
export function embeddedJson(value: unknown): string {
  return JSON.stringify(value)
    .replaceAll('<', '\\u003c')
    .replaceAll('\u2028', '\\u2028')
    .replaceAll('\u2029', '\\u2029');
}

export function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}

/** Source of a policy for text that stands in the page. */
export function hashOf(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}

export interface PageParts {
  readonly title: string;
  readonly kind: PageKind;
  /** The live page gets its own later. */
  readonly data?: PageData | Comparison;
  /** The live page's: tells its run apart from others at the same address. */
  readonly run?: string;
}

export function pageHtml({ title, kind, data, run }: PageParts): string {
  const script = clientScript(kind);
  const styles = kind === 'live' ? PAGE_CSS + LIVE_CSS : PAGE_CSS;
  const policy = [
    "default-src 'none'",
    `script-src ${hashOf(script)}`,
    `style-src ${hashOf(styles)}`,
    ...(kind === 'live' ? ["connect-src 'self'", "worker-src 'self'"] : []),
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  const json =
    data === undefined ? '' : `<script type="application/json" id="data">${embeddedJson(data)}</script>\n`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex">
<title>${escapeHtml(title)}</title>
<link rel="icon" href="data:,">
<style>${styles}</style>
</head>
<body>
<div id="page"${run === undefined ? '' : ` data-run="${escapeHtml(run)}"`}><noscript><p>This page draws itself: allow it to run its script.</p></noscript></div>
${json}<script>${script}</script>
</body>
</html>
`;
}
