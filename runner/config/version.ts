import { createRequire } from 'node:module';

/** Version of this package. Read by the package's own name, which works from the sources and from `dist/` alike. */
export function bruntVersion(): string {
  const { version } = createRequire(import.meta.url)('brunt/package.json') as { version: string };
  return version;
}
