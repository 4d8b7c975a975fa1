/**
 * Which packages become part of the script and which stay outside.
 *
 *     resolves to …                                             the import is
 *     a node: module, brunt itself                              left to the thread
 *     a file of the importer's own package (tsconfig paths, #x) bundled: the user's own code
 *     a package that needs brunt, itself or further down        bundled: scenario code, private to the VU
 *     a package whose entry is TypeScript                       bundled: Node could not load it
 *     any other package                                         loaded once per thread
 */

import { readFileSync, realpathSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, extname, join, sep } from 'node:path';

interface Manifest {
  readonly name?: string;
  readonly type?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

export interface Package {
  /** Real path of its folder. */
  readonly dir: string;
  readonly manifest: Manifest;
}

export function isBruntItself(specifier: string): boolean {
  return specifier === 'brunt' || specifier.startsWith('brunt/');
}

export function isNodeModule(specifier: string): boolean {
  return isBuiltin(specifier);
}

/** `@acme/load/cart` gives `@acme/load`; undefined for what cannot be a package's name. */
export function packageName(specifier: string): string | undefined {
  return /^(?:@[^/@\s]+\/)?[^/@#.\s~][^/\s:]*/.exec(specifier)?.[0];
}

export function isTypeScript(path: string): boolean {
  return ['.ts', '.mts', '.cts', '.tsx'].includes(extname(path));
}

/** Reads packages once per bundling: the answers are the same for all imports. */
export class PackageReader {
  readonly #byDir = new Map<string, Package | undefined>();
  readonly #needsBrunt = new Map<string, boolean>();

  /** The package that a file belongs to: the nearest folder upwards whose package.json has a name. */
  owner(file: string): Package | undefined {
    for (let dir = dirname(file); ; dir = dirname(dir)) {
      const found = this.#read(dir);
      if (found?.manifest.name !== undefined) return found;
      if (dir === dirname(dir)) return undefined;
    }
  }

  /** True if Node would load the file as an ES module. */
  isEsModule(file: string): boolean {
    const extension = extname(file);
    if (extension !== '.js') return extension === '.mjs';
    // The nearest package.json decides, even one without a name.
    for (let dir = dirname(file); ; dir = dirname(dir)) {
      const found = this.#read(dir);
      if (found !== undefined) return found.manifest.type === 'module';
      if (dir === dirname(dir)) return false;
    }
  }

  /** True if the package, or one that it depends on, depends on brunt. */
  needsBrunt(pkg: Package): boolean {
    const known = this.#needsBrunt.get(pkg.dir);
    if (known !== undefined) return known;
    // Cycles among dependencies end here; whoever started the walk gets the right answer.
    this.#needsBrunt.set(pkg.dir, false);
    const { dependencies, peerDependencies, optionalDependencies } = pkg.manifest;
    const names = Object.keys({ ...dependencies, ...peerDependencies, ...optionalDependencies });
    const answer =
      names.includes('brunt') ||
      names.some((name) => {
        const dependency = this.#installed(name, pkg.dir);
        return dependency !== undefined && this.needsBrunt(dependency);
      });
    this.#needsBrunt.set(pkg.dir, answer);
    return answer;
  }

  /** A package as Node finds it from a folder: in the `node_modules` of that folder or of one above. */
  #installed(name: string, from: string): Package | undefined {
    for (let dir = from; ; dir = dirname(dir)) {
      if (!dir.endsWith(`${sep}node_modules`)) {
        const found = this.#read(join(dir, 'node_modules', name));
        if (found !== undefined) return found;
      }
      if (dir === dirname(dir)) return undefined;
    }
  }

  #read(dir: string): Package | undefined {
    if (this.#byDir.has(dir)) return this.#byDir.get(dir);
    let found: Package | undefined;
    try {
      const manifest: unknown = JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8'));
      if (typeof manifest === 'object' && manifest !== null) found = { dir: realpathSync(dir), manifest };
    } catch {
      // No package.json, or one that cannot be read: not a package as far as bundling goes.
    }
    this.#byDir.set(dir, found);
    return found;
  }
}
