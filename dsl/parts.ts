/**
 * Parts of the API that bring libraries with them. A thread loads one only if the script mentions it, so that a script
 * without HTTP starts without what HTTP needs, and one without gRPC needs no gRPC installed.
 */

/** Parts that are names of `brunt` itself; a script mentions one by its name. */
const NAMED = {
  http: () => import('./http/http.ts'),
  sse: () => import('./sse/sse.ts'),
  ws: () => import('./ws/ws.ts'),
  graphql: () => import('./graphql/graphql.ts'),
} as const;

/** Parts that are modules of their own: `import … from 'brunt/sql'`. */
const MODULES = {
  'brunt/grpc': () => import('./grpc/part.ts'),
  'brunt/protocol': () => import('./protocol/part.ts'),
  'brunt/redis': () => import('./redis/redis.ts'),
  'brunt/sql': () => import('./sql/sql.ts'),
} as const satisfies Record<string, () => Promise<PartModule>>;

/** What a module part exports: makes what `import` gives, for one VU. */
export interface PartModule {
  create(host: import('./host.ts').VuHost): object;
}

type Named = { readonly [Name in keyof typeof NAMED]?: Awaited<ReturnType<(typeof NAMED)[Name]>> };

export interface Parts {
  readonly named: Named;
  readonly modules: Readonly<Record<string, PartModule>>;
}

/** Specifiers of the module parts, for messages. */
export const PART_MODULES: readonly string[] = Object.keys(MODULES);

async function loadAll<T>(
  loaders: Readonly<Record<string, () => Promise<T>>>,
  wanted: (name: string) => boolean,
): Promise<Record<string, T>> {
  const names = Object.keys(loaders).filter(wanted);
  const loaded = await Promise.all(names.map((name) => (loaders[name] as () => Promise<T>)()));
  return Object.fromEntries(names.map((name, i) => [name, loaded[i] as T]));
}

/**
 * Loads the parts that the bundled code mentions. A name that only stands in a text (`'http://…'`) loads a part in
 * vain, which costs some milliseconds; no use is missed.
 */
export async function loadParts(code: string): Promise<Parts> {
  const mapAt = code.lastIndexOf('\n//# sourceMappingURL=');
  const text = mapAt < 0 ? code : code.slice(0, mapAt);
  const words = new Set(text.match(/[A-Za-z_$][\w$]*/g));
  // Parts that are built on another one.
  if (words.has('graphql') || words.has('fetch')) words.add('http');
  const [named, modules] = await Promise.all([
    loadAll<unknown>(NAMED, (name) => words.has(name)),
    loadAll<PartModule>(MODULES, (specifier) => text.includes(`"${specifier}"`)),
  ]);
  return { named: named as Named, modules };
}
