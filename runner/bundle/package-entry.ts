/** Where an installed package starts, as an `import` in a folder finds it. */

import type { Plugin } from 'esbuild';

const NAMESPACE = 'brunt-found';

/** Absolute path of the module; undefined where nothing of that name can be imported from `folder`. */
export async function packageEntry(name: string, folder: string): Promise<string | undefined> {
  const { build, stop } = await import('esbuild');
  let found: string | undefined;
  const finder: Plugin = {
    name: 'brunt-find',
    setup(asked) {
      asked.onResolve({ filter: /.*/ }, async ({ path, kind, resolveDir, pluginData }) => {
        if (pluginData === NAMESPACE) return undefined;
        const answer = await asked.resolve(path, { kind, resolveDir, pluginData: NAMESPACE });
        if (answer.errors.length === 0 && !answer.external && answer.namespace === 'file')
          found = answer.path;
        return { path, namespace: NAMESPACE };
      });
      asked.onLoad({ filter: /.*/, namespace: NAMESPACE }, () => ({ contents: '' }));
    },
  };
  await build({
    stdin: { contents: `import ${JSON.stringify(name)};`, resolveDir: folder, loader: 'js' },
    bundle: true,
    write: false,
    platform: 'node',
    plugins: [finder],
    logLevel: 'silent',
  });
  void stop();
  return found;
}
