/**
 * A strict reader of the XML that Brunt writes: whatever is not well-formed XML 1.0 throws, and so does what such a file
 * has no use for (comments, processing instructions, CDATA, DTDs).
 *
 *     document := declaration element
 *     element  := '<' name attribute* ( '/>' | '>' ( element | text | reference )* '</' name '>' )
 */

export interface XmlNode {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlNode[];
  /** Text of its own, references resolved, without that of its children. */
  readonly text: string;
}

const CHARS = /^[\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]*$/u;
const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

export function parseXml(source: string): XmlNode {
  let at = 0;
  const fail = (what: string): never => {
    throw new Error(`${what} at ${at}: ${JSON.stringify(source.slice(at, at + 60))}`);
  };
  const take = (pattern: RegExp, what: string): string => {
    const sticky = new RegExp(pattern.source, 'uy');
    sticky.lastIndex = at;
    const match = sticky.exec(source);
    if (match === null) return fail(`no ${what}`);
    at = sticky.lastIndex;
    return match[0];
  };
  const next = (text: string): boolean => source.startsWith(text, at);
  const resolve = (raw: string): string => {
    if (raw.includes(']]>')) fail(']]> in text');
    return raw.replaceAll(/&([^;&]*);?/g, (whole, name: string) => {
      if (!whole.endsWith(';')) return fail('a bare &');
      const code = /^#(?:x([0-9a-fA-F]+)|([0-9]+))$/.exec(name);
      const char =
        code === null
          ? NAMED[name]
          : String.fromCodePoint(code[1] === undefined ? Number(code[2]) : Number.parseInt(code[1], 16));
      return char === undefined || !CHARS.test(char) ? fail(`reference ${whole}`) : char;
    });
  };

  const element = (): XmlNode => {
    take(/</, 'element');
    const name = take(/[A-Za-z_][\w.-]*/, 'name');
    const attributes: Record<string, string> = {};
    while (/\s/.test(source[at] ?? '')) {
      take(/\s+/, 'blank');
      if (next('/>') || next('>')) break;
      const key = take(/[A-Za-z_][\w.-]*/, 'attribute');
      if (key in attributes) fail(`attribute ${key} twice`);
      take(/=/, '=');
      const value = take(/"[^"<]*"|'[^'<]*'/, 'value').slice(1, -1);
      attributes[key] = resolve(value.replaceAll(/[\t\n\r]/g, ' '));
    }
    if (next('/>')) {
      at += 2;
      return { name, attributes, children: [], text: '' };
    }
    take(/>/, '>');
    const children: XmlNode[] = [];
    let text = '';
    while (!next('</')) {
      if (at >= source.length) fail(`${name} is not closed`);
      if (next('<')) children.push(element());
      else text += resolve(take(/[^<]+/, 'text').replaceAll(/\r\n?/g, '\n'));
    }
    take(new RegExp(`</${name}\\s*>`), `end of ${name}`);
    return { name, attributes, children, text };
  };

  if (!CHARS.test(source)) fail('a character that XML cannot hold');
  take(/<\?xml version="1\.0" encoding="UTF-8"\?>\s*/, 'declaration');
  const root = element();
  if (source.slice(at).trim() !== '') fail('something after the root');
  return root;
}
