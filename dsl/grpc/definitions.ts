/** Services and their methods, from .proto files or a server's own description. Parsed once per thread. */

import { statSync } from 'node:fs';
import { dirname, isAbsolute, resolve } from 'node:path';
import type { MethodDefinition, PackageDefinition } from '@grpc/proto-loader';
import { BruntError, EXIT } from '../errors.ts';
import { nearest } from '../http/nearest.ts';
import type { Libraries } from './library.ts';
import type { GrpcCoding } from './types.ts';

export type Method = MethodDefinition<object, object>;

/** Field of a message under the name that requests give it. */
interface FieldDescriptor {
  readonly name: string;
  readonly type: string | number;
  readonly typeName?: string;
}

interface MessageDescriptor {
  readonly name?: string;
  readonly field: readonly FieldDescriptor[];
}

/** Fields of one message type: those that hold a message of a known type lead to it. */
interface Shape {
  readonly name: string;
  readonly fields: ReadonlyMap<string, (() => Shape | undefined) | undefined>;
}

/** What the loader is told for each coding. */
export function loaderOptions(coding: GrpcCoding): Record<string, unknown> {
  return {
    keepCase: coding.keepCase === true,
    longs: coding.longs === 'number' ? Number : String,
    ...(coding.enums === 'number' ? {} : { enums: String }),
    defaults: coding.defaults !== false,
    oneofs: true,
  };
}

/** `user_name` is `userName`, as protobuf's JSON has it. */
export function camelCase(name: string): string {
  return (
    name.charAt(0) +
    name.slice(1).replaceAll(/_([a-z])(?=[a-z]|$)/g, (_, letter: string) => letter.toUpperCase())
  );
}

export class Definitions {
  readonly #package: PackageDefinition;
  readonly #methods = new Map<string, Method>();
  readonly #shapes = new Map<string, Shape | undefined>();

  constructor(definition: PackageDefinition) {
    this.#package = definition;
    for (const [service, members] of Object.entries(definition)) {
      if ('format' in members) continue;
      for (const [name, method] of Object.entries(members as Record<string, Method>)) {
        this.#methods.set(`${service}/${name}`, method);
      }
    }
  }

  get methods(): readonly string[] {
    return [...this.#methods.keys()];
  }

  /** Throws TypeError for a method that there is not. */
  method(name: string): Method {
    const method = this.#methods.get(name);
    if (method !== undefined) return method;
    const near = nearest(name, this.methods);
    const hint =
      near === undefined ? `there are ${this.methods.join(', ') || 'none'}` : `did you mean ${near}?`;
    throw new TypeError(`grpc: there is no method ${JSON.stringify(name)}; ${hint}`);
  }

  /** Bytes of a request. Throws TypeError for a field that the message does not have, or that cannot be encoded. */
  encode(name: string, method: Method, message: object): Buffer {
    if (typeof message !== 'object' || message === null) {
      throw new TypeError(
        `grpc ${name}: the request is ${message === null ? 'null' : typeof message}, not an object`,
      );
    }
    this.#check(name, this.#requestShape(name.slice(0, name.indexOf('/')), method), message, '');
    try {
      return method.requestSerialize(message);
    } catch (error) {
      throw new TypeError(`grpc ${name}: the request cannot be encoded: ${(error as Error).message}`, {
        cause: error,
      });
    }
  }

  /** A misspelt field would be left out in silence, and the load would be another one. */
  #check(name: string, shape: Shape | undefined, message: object, path: string): void {
    if (shape === undefined) return;
    for (const key of Object.keys(message)) {
      const value = (message as Record<string, unknown>)[key];
      if (!shape.fields.has(key)) {
        const known = [...shape.fields.keys()];
        const near = nearest(key, known);
        throw new TypeError(
          `grpc ${name}: ${shape.name} has no field ${path}${key}${near === undefined ? '' : `; did you mean ${near}?`} (known: ${known.join(', ')})`,
        );
      }
      const inner = shape.fields.get(key);
      if (inner === undefined || typeof value !== 'object' || value === null) continue;
      const items: readonly unknown[] = Array.isArray(value) ? value : [value];
      for (const item of items) {
        if (typeof item === 'object' && item !== null) this.#check(name, inner(), item, `${path}${key}.`);
      }
    }
  }

  /** The fields of the message type of that full name; undefined for types that take more than their fields. */
  #shape(fullName: string): Shape | undefined {
    if (this.#shapes.has(fullName)) return this.#shapes.get(fullName);
    const type = (this.#package[fullName] as { readonly type?: MessageDescriptor } | undefined)?.type;
    let shape: Shape | undefined;
    if (type?.field !== undefined && !fullName.startsWith('google.protobuf.')) {
      const fields = new Map<string, (() => Shape | undefined) | undefined>();
      for (const { name, type: kind, typeName = '' } of type.field) {
        const isMessage = (kind === 'TYPE_MESSAGE' || kind === 11) && typeName !== '';
        fields.set(name, isMessage ? () => this.#shapeNamed(typeName, fullName) : undefined);
      }
      shape = { name: type.name ?? fullName, fields };
    }
    this.#shapes.set(fullName, shape);
    return shape;
  }

  /** A type's name is relative to where it is used; maps are nested types that no name leads to. */
  #shapeNamed(typeName: string, scope: string): Shape | undefined {
    const fullName = this.#lookup(typeName, scope);
    return fullName === undefined ? undefined : this.#shape(fullName);
  }

  #lookup(name: string, scope: string): string | undefined {
    if (name.startsWith('.')) return name.slice(1);
    for (let within = scope; ; within = within.slice(0, Math.max(0, within.lastIndexOf('.')))) {
      const fullName = within === '' ? name : `${within}.${name}`;
      if (fullName in this.#package) return fullName;
      if (within === '') return undefined;
    }
  }

  /** The loader gives a request's type by its short name: near the service, or anywhere if there is one of that name. */
  #requestShape(service: string, method: Method): Shape | undefined {
    const name = (method.requestType as { readonly type?: MessageDescriptor }).type?.name;
    if (name === undefined) return undefined;
    const near = this.#lookup(name, service);
    if (near !== undefined) return this.#shape(near);
    const [only, ...others] = Object.keys(this.#package).filter((full) => full.endsWith(`.${name}`));
    return only === undefined || others.length > 0 ? undefined : this.#shape(only);
  }
}

/** Parsed files by what was asked for. */
const parsed = new Map<string, Definitions>();

function notUsable(message: string, cause?: unknown): BruntError {
  return new BruntError(message, { code: 'PROTO_UNUSABLE', exitCode: EXIT.scriptError, cause });
}

function findFile(file: string, folders: readonly string[]): string {
  const tried = isAbsolute(file) ? [file] : folders.map((folder) => resolve(folder, file));
  const found = tried.find((path) => statSync(path, { throwIfNoEntry: false })?.isFile() === true);
  if (found === undefined) throw notUsable(`grpc: there is no file ${tried.join(' or ')}`);
  return found;
}

/** Throws a BruntError (exit 107) for files that are missing or cannot be parsed. */
export function loadProto(
  { loader }: Libraries,
  files: readonly string[],
  importPaths: readonly string[],
  scriptDir: string,
  coding: GrpcCoding,
): Definitions {
  const folders = importPaths.length > 0 ? importPaths.map((path) => resolve(scriptDir, path)) : [scriptDir];
  const paths = files.map((file) => findFile(file, folders));
  const { keepCase, longs, enums, defaults } = coding;
  const key = JSON.stringify([paths, folders, keepCase, longs, enums, defaults]);
  let definitions = parsed.get(key);
  if (definitions === undefined) {
    const includeDirs = [...new Set([...folders, ...paths.map((path) => dirname(path))])];
    try {
      const definition = loader.loadSync(paths, { ...loaderOptions(coding), includeDirs });
      definitions = new Definitions(definition);
    } catch (error) {
      throw notUsable(`grpc: ${paths.join(', ')} cannot be used: ${(error as Error).message}`, error);
    }
    if (definitions.methods.length === 0) throw notUsable(`grpc: ${paths.join(', ')} has no service`);
    parsed.set(key, definitions);
  }
  return definitions;
}
