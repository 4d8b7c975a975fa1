/**
 * Loads a bundled script into a thread and makes one instance of its modules per VU.
 *
 *     once per thread    packages, compiled code, its type feedback
 *     once per VU        every module-level variable of the script and of scenario packages
 *
 * The bundle's form is described in `runner/bundle/wrap.ts`.
 */

import { createRequire } from 'node:module';
import { types } from 'node:util';
import { BruntError, EXIT } from '../../dsl/errors.ts';
import type { VuHost } from '../../dsl/host.ts';
import type { BundleCode } from '../messages.ts';
import { checkBruntNames } from './brunt-names.ts';
import { createConsole } from './console.ts';
import { rememberBundle } from './source-map.ts';
import { readFrame, userStack } from './stack.ts';

/** What a script exports; names to values, read live. */
export type ScriptModule = Readonly<Record<string, unknown>>;

/** Gives what `import … from 'brunt'` (or a sub-path) means to one VU; undefined where there is no such module. */
export type BruntModules = (specifier: string) => unknown;

type Import = (url: string) => Promise<unknown>;

type Require = (specifier: string) => unknown;

type VuFactory = (
  require: Require,
  module: { exports: unknown },
  exports: unknown,
  brunt: VuHost,
  random: () => number,
  console: Console,
) => void;

type ThreadFactory = (
  toEsm: (module: unknown, nodeMode?: unknown) => unknown,
  importModule: Import,
) => VuFactory;

/**
 * The namespace that `import` statements see of a CommonJS module. In Node's mode (`.mts`, `"type": "module"`) and for
 * modules not compiled from ES modules, `default` is `module.exports`.
 */
function namespaceOf(module: object, nodeMode: boolean): object {
  const namespace = Object.create(Object.getPrototypeOf(module) as object | null) as Record<string, unknown>;
  if (nodeMode || (module as { __esModule?: unknown }).__esModule !== true) {
    Object.defineProperty(namespace, 'default', { value: module, enumerable: true });
  }
  for (const key of Object.getOwnPropertyNames(module)) {
    if (Object.hasOwn(namespace, key)) continue;
    const enumerable = Object.getOwnPropertyDescriptor(module, key)?.enumerable ?? true;
    Object.defineProperty(namespace, key, {
      get: () => (module as Record<string, unknown>)[key],
      enumerable,
    });
  }
  return namespace;
}

/** One namespace per module and mode for the whole thread. */
function namespaceCache(): (module: unknown, nodeMode?: unknown) => unknown {
  const plain = new WeakMap<object, object>();
  const node = new WeakMap<object, object>();
  return (module, nodeMode) => {
    if (types.isModuleNamespaceObject(module)) return module;
    if (module === null || (typeof module !== 'object' && typeof module !== 'function'))
      return { default: module };
    const cache = nodeMode ? node : plain;
    let namespace = cache.get(module);
    if (namespace === undefined) {
      namespace = namespaceOf(module, Boolean(nodeMode));
      cache.set(module, namespace);
    }
    return namespace;
  };
}

/** The error for the user of a script (or a package that it imports) that threw while it was loaded. */
function loadError(thrown: unknown, scriptDir: string): BruntError {
  const { message, frames, location, frame } = userStack(thrown, scriptDir);
  const userStackText = frames.length > 0 ? frames.join('\n') : undefined;
  if (thrown instanceof BruntError) {
    return new BruntError(thrown.message, {
      ...thrown.toWire(),
      location: thrown.location ?? location,
      frame: thrown.frame ?? (thrown.location === undefined ? frame : readFrame(thrown.location)),
      userStack: thrown.userStack ?? userStackText,
      cause: thrown,
    });
  }
  return new BruntError(`the script threw while it was loaded: ${message}`, {
    code: 'SCRIPT_THREW',
    exitCode: EXIT.scriptError,
    location,
    frame,
    userStack: userStackText,
    cause: thrown,
  });
}

const nodeImport: Import = (url) => import(url) as Promise<unknown>;

async function importAll(
  urls: readonly string[],
  scriptDir: string,
  importModule: Import,
): Promise<Map<string, unknown>> {
  const loaded = new Map<string, unknown>();
  for (const url of urls) {
    try {
      loaded.set(url, await importModule(url));
    } catch (error) {
      throw loadError(error, scriptDir);
    }
  }
  return loaded;
}

/** A script in a thread. Make one with `loadScript`. */
export class LoadedScript {
  readonly #factory: VuFactory;
  readonly #scriptDir: string;
  readonly #require: NodeJS.Require;
  /** Packages by the names that the bundle has for them; Node's own cache is asked once. */
  readonly #packages: Map<string, unknown>;
  /** Until the first VU has its API: the code whose imports from it are to be checked. */
  #unchecked: string | undefined;

  constructor(
    factory: VuFactory,
    bundle: BundleCode,
    require: NodeJS.Require,
    packages: Map<string, unknown>,
  ) {
    this.#factory = factory;
    this.#scriptDir = bundle.scriptDir;
    this.#require = require;
    this.#packages = packages;
    this.#unchecked = bundle.code;
  }

  /**
   * Runs the script's module code for one VU and gives its exports. Throws a BruntError (exit 107) with the user's
   * place, code frame and stack if the code throws.
   */
  instantiate(host: VuHost, brunt: BruntModules): ScriptModule {
    const module: { exports: unknown } = { exports: {} };
    try {
      if (this.#unchecked !== undefined) this.#checkNames(this.#unchecked, brunt);
      const require = this.#requireFor(brunt);
      this.#factory(require, module, module.exports, host, () => host.random(), createConsole(host));
      return asModule(module.exports);
    } catch (error) {
      throw loadError(error, this.#scriptDir);
    }
  }

  #checkNames(code: string, brunt: BruntModules): void {
    const api = brunt('brunt');
    if (typeof api === 'object' && api !== null) checkBruntNames(code, api);
    this.#unchecked = undefined;
  }

  #requireFor(brunt: BruntModules): Require {
    const nodeRequire = this.#require;
    const packages = this.#packages;
    const require = (specifier: string): unknown => {
      if (specifier === 'brunt' || specifier.startsWith('brunt/')) {
        const api = brunt(specifier);
        if (api === undefined) throw unknownModule(specifier);
        return api;
      }
      let loaded = packages.get(specifier);
      if (loaded === undefined) {
        loaded = nodeRequire(specifier) as unknown;
        packages.set(specifier, loaded);
      }
      return loaded;
    };
    require.resolve = nodeRequire.resolve;
    return require;
  }
}

function unknownModule(specifier: string): BruntError {
  return new BruntError(`Brunt has no module "${specifier}"`, {
    code: 'NO_SUCH_MODULE',
    exitCode: EXIT.scriptError,
    hint: 'what scripts use is exported by "brunt" itself',
  });
}

/** `module.exports = function` counts as a default export. */
function asModule(exports: unknown): ScriptModule {
  if (typeof exports === 'function')
    return { ...Object.fromEntries(Object.entries(exports)), default: exports };
  return typeof exports === 'object' && exports !== null ? (exports as ScriptModule) : {};
}

/**
 * Imports the packages of the bundle that are ES modules and evaluates its code. One call per thread. Throws a
 * BruntError (exit 107) if a package cannot be loaded.
 */
export async function loadScript(bundle: BundleCode, importModule = nodeImport): Promise<LoadedScript> {
  process.setSourceMapsEnabled(true);
  rememberBundle(bundle.code);
  const esModules = await importAll(bundle.esModules ?? [], bundle.scriptDir, importModule);
  // Indirect: the global scope, and the one way of compiling whose stacks Node maps.
  // biome-ignore lint/security/noGlobalEval: the script is what the user asked to run
  const evaluate = globalThis.eval as (code: string) => ThreadFactory; // oxlint-disable-line no-eval
  const factory = evaluate(bundle.code)(namespaceCache(), importModule);
  return new LoadedScript(factory, bundle, createRequire(bundle.entry), esModules);
}
