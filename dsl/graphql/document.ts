/** What a GraphQL document says of itself: its text, its hash, the name and kind of the operation that runs. */

import { createHash } from 'node:crypto';

export interface Operation {
  /** Undefined for one without a name. */
  readonly name: string | undefined;
  readonly kind: 'query' | 'mutation' | 'subscription';
}

export class Document {
  readonly text: string;
  readonly operations: readonly Operation[];
  #sha256: string | undefined;

  constructor(text: string) {
    this.text = text;
    this.operations = operationsOf(text);
  }

  get sha256(): string {
    this.#sha256 ??= createHash('sha256').update(this.text).digest('hex');
    return this.#sha256;
  }

  /** The operation of that name, or without a name the first one that has one. */
  operation(name: string | undefined): Operation | undefined {
    if (name !== undefined) return this.operations.find((operation) => operation.name === name);
    return this.operations.find((operation) => operation.name !== undefined) ?? this.operations[0];
  }
}

/** Comments, strings and block strings, in which words and braces mean nothing. */
const OPAQUE = /#[^\n\r]*|"""(?:\\"""|[\s\S])*?"""|"(?:\\.|[^"\\\n\r])*"/g;
const TOKEN = /[{}]|\b(query|mutation|subscription)\b(?:\s+([_A-Za-z]\w*))?/g;

/** Operations stand outside of all braces; a document that begins with a brace is a query without a name. */
function operationsOf(text: string): readonly Operation[] {
  const operations: Operation[] = [];
  const plain = text.replaceAll(OPAQUE, (opaque) => ' '.repeat(opaque.length));
  let depth = 0;
  let headed = /\bfragment\b/.test(plain.slice(0, plain.indexOf('{')));
  for (const { 0: token, 1: kind, 2: name } of plain.matchAll(TOKEN)) {
    if (token === '{') {
      if (depth === 0 && !headed && operations.length === 0) {
        operations.push({ name: undefined, kind: 'query' });
      }
      depth++;
    } else if (token === '}') depth--;
    else if (depth === 0) {
      headed = true;
      operations.push({ name, kind: kind as Operation['kind'] });
    }
  }
  return operations;
}

/** Documents kept per thread; a script that writes values into its documents must not pile them up. */
const KEPT = 1000;
const byText = new Map<string, Document>();

interface DocumentNode {
  readonly loc?: { readonly source?: { readonly body?: unknown } };
}

function textOf(query: unknown): string {
  if (typeof query === 'string') return query;
  if (query instanceof String) return query.toString();
  const body = (query as DocumentNode | null | undefined)?.loc?.source?.body;
  if (typeof body === 'string') return body;
  throw new TypeError(
    'graphql: query is neither a text nor a document of a code generator that carries its text (string mode, or loc.source)',
  );
}

/** Throws TypeError where there is no text. */
export function documentOf(query: unknown): Document {
  const text = textOf(query);
  let document = byText.get(text);
  if (document === undefined) {
    if (text.trim() === '') throw new TypeError('graphql: the query is empty');
    document = new Document(text);
    if (byText.size < KEPT) byText.set(text, document);
  }
  return document;
}
