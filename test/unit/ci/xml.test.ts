import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { escapeAttribute, escapeText, xmlDocument } from '../../../runner/ci/xml.ts';
import { parseXml } from '../../helpers/xml.ts';

const HOSTILE = [
  'plain',
  '<a href="x">&amp;</a>',
  ']]>',
  "' onload='x",
  'line\nline\r\nline\ttab\r',
  '\u0000\u0001\u0008\u000b\u001b[31m\u007f',
  '\ud800 lone \udc00',
  '\ufffe\uffff',
  '😀 ü › \u2028',
  '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>&e;',
];

/** What a reader gets back: XML cannot hold the rest. */
function held(text: string): string {
  return Array.from(text)
    .map((char) => (/^[\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]$/u.test(char) ? char : '\ufffd'))
    .join('');
}

test.each(HOSTILE)('text and attribute come back: %j', (text) => {
  const written = xmlDocument({ name: 'a', children: [{ name: 'b', attributes: { c: text }, text }] });
  const [b] = parseXml(written).children;
  expect(b).toEqual({ name: 'b', attributes: { c: held(text) }, children: [], text: held(text) });
});

test('layout', () => {
  const written = xmlDocument({
    name: 'a',
    attributes: { n: 1, none: undefined, s: 'x' },
    children: [{ name: 'empty' }, { name: 'text', text: 'x' }, { name: 'c', children: [{ name: 'd' }] }],
  });
  expect(written).toBe(
    '<?xml version="1.0" encoding="UTF-8"?>\n<a n="1" s="x">\n  <empty/>\n  <text>x</text>\n  <c>\n    <d/>\n  </c>\n</a>\n',
  );
});

test('escapes', () => {
  expect(escapeText('a&b<c>]]>\r')).toBe('a&amp;b&lt;c&gt;]]&gt;&#13;');
  expect(escapeAttribute('"\'\n\t\r')).toBe('&quot;&apos;&#10;&#9;&#13;');
});

// expat, a second opinion, where there is a Python.
test('another reader agrees', () => {
  const written = xmlDocument({
    name: 'a',
    children: HOSTILE.map((text) => ({ name: 'b', attributes: { c: text }, text })),
  });
  const script =
    'import sys,json,xml.etree.ElementTree as E\nprint(json.dumps([[b.get("c"), b.text] for b in E.fromstring(sys.stdin.buffer.read())]))';
  const python = spawnSync('python3', ['-c', script], { input: written, encoding: 'utf8' });
  if (python.error !== undefined) return;
  expect(python.stderr).toBe('');
  expect(JSON.parse(python.stdout)).toEqual(HOSTILE.map((text) => [held(text), held(text)]));
});

describe('the strict reader', () => {
  test.each([
    '<a>',
    '<a></b>',
    '<a/><b/>',
    '<a b="1" b="2"/>',
    '<a b=1/>',
    '<a b="<"/>',
    '<a>&</a>',
    '<a>&nope;</a>',
    '<a>&#0;</a>',
    '<a>\u0001</a>',
    '<a>]]></a>',
    '<a b="1"c="2"/>',
  ])('refuses %s', (text) => {
    expect(() => parseXml(`<?xml version="1.0" encoding="UTF-8"?>\n${text}`)).toThrow();
  });
});
