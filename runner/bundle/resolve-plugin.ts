/** esbuild plugin that decides for every import by name whether it is bundled; the table is in `packages.ts`. */

import { dirname, extname } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { OnResolveArgs, OnResolveResult, Plugin, PluginBuild } from 'esbuild';
import { isBruntItself, isNodeModule, isTypeScript, type PackageReader, packageName } from './packages.ts';

/** Namespace of stand-ins for `import('an-es-module')`. */
const DYNAMIC = 'brunt-import';
/** Marks our own question to esbuild, so that the answer comes from esbuild and not from this plugin again. */
const ASKED = Symbol('asked');

/** Starts with a name: neither relative nor absolute nor a URL. */
const BY_NAME = /^(?![./]|[A-Za-z]:[\\/]|data:|https?:|file:|brunt-file:)/;

export interface ResolveFindings {
  /** File URLs of ES modules that stay outside and are imported statically. */
  readonly esModules: Set<string>;
}

interface Place {
  readonly path: string;
  readonly bundled: boolean;
}

export function resolvePlugin(packages: PackageReader, findings: ResolveFindings): Plugin {
  function place(specifier: string, path: string, importer: string): Place {
    const owner = packages.owner(path);
    const installed = /[\\/]node_modules[\\/]/.test(path);
    if (!installed && (owner === undefined || owner.dir === packages.owner(importer)?.dir))
      return { path, bundled: true };
    // Not by the package's name: an alias of tsconfig paths that leads into another folder of the user's.
    if (!installed && owner?.manifest.name !== packageName(specifier)) return { path, bundled: true };
    return { path, bundled: isTypeScript(path) || (owner !== undefined && packages.needsBrunt(owner)) };
  }

  /**
   * An ES module is named by its URL: the thread imports it before the script is evaluated, as `require` would refuse
   * top-level await and warn on older Nodes. CommonJS is named by its path, so that each importer's own version counts.
   */
  function outside(path: string, kind: OnResolveArgs['kind']): OnResolveResult {
    if (kind === 'require-call' || kind === 'require-resolve' || !packages.isEsModule(path)) {
      return { path, external: true };
    }
    const url = pathToFileURL(path).href;
    if (kind === 'dynamic-import') return { path: url, namespace: DYNAMIC };
    findings.esModules.add(url);
    return { path: url, external: true };
  }

  async function byName(build: PluginBuild, args: OnResolveArgs): Promise<OnResolveResult | undefined> {
    if (args.pluginData === ASKED || args.kind === 'entry-point') return undefined;
    if (isBruntItself(args.path)) return { path: args.path, external: true };
    if (args.path.startsWith('node:') && !isNodeModule(args.path)) {
      return { errors: [{ text: `Could not resolve "${args.path}"` }] };
    }
    const { path: specifier, importer, kind, resolveDir, namespace } = args;
    const options = { importer, kind, resolveDir, namespace, pluginData: ASKED };
    const answer = await build.resolve(specifier, options);
    if (answer.errors.length > 0) {
      return isNodeModule(specifier) ? { path: specifier, external: true } : undefined;
    }
    if (answer.external || isNodeModule(answer.path)) return { path: answer.path, external: true };
    if (answer.namespace !== 'file') return undefined;
    if (extname(answer.path) === '.node') return { path: answer.path, external: true };
    const { path, bundled } = place(specifier, answer.path, importer);
    return bundled ? undefined : outside(path, kind);
  }

  return {
    name: 'brunt-resolve',
    setup(build) {
      build.onResolve({ filter: /\.node$/ }, async (args) => {
        if (args.pluginData === ASKED) return undefined;
        const { importer, kind, resolveDir } = args;
        const answer = await build.resolve(args.path, { importer, kind, resolveDir, pluginData: ASKED });
        return answer.errors.length > 0 ? undefined : { path: answer.path, external: true };
      });
      build.onResolve({ filter: BY_NAME_GO }, (args) =>
        BY_NAME.test(args.path) ? byName(build, args) : undefined,
      );
      // A promise of the module: esbuild resolves `import()` with whatever this exports, and it exports a `then`.
      build.onLoad({ filter: /.*/, namespace: DYNAMIC }, ({ path }) => ({
        contents: `exports.then = (done, failed) => __bruntImport(${JSON.stringify(path)}).then(done, failed);`,
        loader: 'js',
        resolveDir: dirname(path),
      }));
    },
  };
}

/** The same in Go's regular expressions, which have no look-ahead: a superset, checked again with BY_NAME. */
const BY_NAME_GO = /^[^./]/;
