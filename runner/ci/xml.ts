/** XML 1.0 from a tree of elements. Any text may come in: what XML cannot hold is replaced. */

export interface XmlElement {
  readonly name: string;
  /** Undefined ones are left out. */
  readonly attributes?: Readonly<Record<string, string | number | undefined>>;
  readonly children?: readonly XmlElement[];
  /** Text content; an element has this or children. */
  readonly text?: string;
}

/** Everything but `Char` of the specification: controls, lone surrogates, U+FFFE and U+FFFF. */
const NO_CHAR = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  // Alone it is allowed, but not in `]]>`.
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/** As text content. A carriage return as it is would be read as a line feed. */
export function escapeText(text: string): string {
  return text
    .replaceAll(NO_CHAR, '\ufffd')
    .replaceAll(/[&<>]/g, (char) => ENTITIES[char] as string)
    .replaceAll('\r', '&#13;');
}

/** Between quotes. White space as it is would be read as blanks. */
export function escapeAttribute(text: string): string {
  return text
    .replaceAll(NO_CHAR, '\ufffd')
    .replaceAll(/[&<>"']/g, (char) => ENTITIES[char] as string)
    .replaceAll(/[\t\n\r]/g, (char) => `&#${char.charCodeAt(0)};`);
}

function lines(element: XmlElement, indent: string): string[] {
  const { name, attributes = {}, children = [], text } = element;
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${escapeAttribute(String(value))}"`)
    .join('');
  const open = `${indent}<${name}${written}`;
  if (text !== undefined) return [`${open}>${escapeText(text)}</${name}>`];
  if (children.length === 0) return [`${open}/>`];
  return [`${open}>`, ...children.flatMap((child) => lines(child, `${indent}  `)), `${indent}</${name}>`];
}

export function xmlDocument(root: XmlElement): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${lines(root, '').join('\n')}\n`;
}
