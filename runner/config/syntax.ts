/**
 * Finds the expression behind a path of the `options` export in a module's syntax tree. It follows what people write:
 *
 *     export const options = { … };                      const o = { … }; export { o as options };
 *     export const options = defineOptions({ … });       export { options } from './options';  export * from './options';
 *     { ...base, scenarios, ['key']: 1 }                 shared.scenarios.buy, imported or local
 *     fast ? { … } : { … }                               exports.options = { … }
 *
 * and gives up on what only running the code could tell.
 */

import type {
  AnyNode,
  Expression,
  ModuleDeclaration,
  ObjectExpression,
  Pattern,
  Program,
  SpreadElement,
  Statement,
} from 'acorn';
import type { Path } from './path.ts';

export interface Position {
  /** From 1. */
  readonly line: number;
  /** From 0. */
  readonly column: number;
}

export interface Found {
  readonly file: string;
  /** Undefined for items of arrays. */
  readonly key: Position | undefined;
  readonly value: Position;
}

type Binding =
  | { readonly kind: 'value'; readonly init: Expression; readonly name: Position }
  | { readonly kind: 'import'; readonly from: string; readonly name: string };

/** Names of one module. */
export interface Scope {
  readonly file: string;
  readonly bindings: ReadonlyMap<string, Binding>;
  /** Exported name to what it stands for. */
  readonly exported: ReadonlyMap<string, Binding>;
  /** Specifiers of `export * from`. */
  readonly stars: readonly string[];
  exports(name: string): boolean;
}

export type Follow = (from: string, specifier: string, name: string) => Scope | undefined;

/** Bounds the search through modules and names that lead to each other. */
const DEEPEST = 40;

interface Walk {
  readonly follow: Follow;
  readonly depth: number;
}

function deeper(walk: Walk): Walk | undefined {
  return walk.depth >= DEEPEST ? undefined : { ...walk, depth: walk.depth + 1 };
}

export function findOption(scope: Scope, path: Path, follow: Follow): Found | undefined {
  return findExport(scope, 'options', path, { follow, depth: 0 });
}

function findExport(scope: Scope, name: string, path: Path, walk: Walk): Found | undefined {
  const next = deeper(walk);
  if (next === undefined) return undefined;
  const binding = scope.exported.get(name);
  if (binding !== undefined) return findBinding(scope, binding, path, next);
  for (const star of scope.stars) {
    const other = walk.follow(scope.file, star, name);
    const found = other && findExport(other, name, path, next);
    if (found !== undefined) return found;
  }
  return undefined;
}

function findBinding(scope: Scope, binding: Binding, path: Path, walk: Walk): Found | undefined {
  if (binding.kind === 'import') {
    const other = walk.follow(scope.file, binding.from, binding.name);
    return other && findExport(other, binding.name, path, walk);
  }
  if (path.length === 0) return { file: scope.file, key: binding.name, value: start(binding.init) };
  return findIn(scope, binding.init, path, walk);
}

/** Searches an expression for a path of at least one step. */
function findIn(scope: Scope, node: Expression, path: Path, walk: Walk): Found | undefined {
  const next = deeper(walk);
  if (next === undefined) return undefined;
  // oxlint-disable-next-line typescript/switch-exhaustiveness-check -- syntax has many kinds; most hold no options
  switch (node.type) {
    case 'ObjectExpression':
      return findInObject(scope, node, path, next);
    case 'ArrayExpression': {
      const index = path[0];
      if (typeof index !== 'number') return undefined;
      const before = node.elements.slice(0, index + 1);
      const item = before[index];
      if (item === undefined || item === null || before.some((e) => e?.type === 'SpreadElement'))
        return undefined;
      return below(scope, item as Expression, undefined, path, next);
    }
    case 'Identifier': {
      const binding = scope.bindings.get(node.name);
      return binding && findBinding(scope, binding, path, next);
    }
    case 'MemberExpression': {
      const key = propertyName(node.property, node.computed);
      if (key === undefined || node.object.type === 'Super') return undefined;
      return findIn(scope, node.object, [key, ...path], next);
    }
    case 'CallExpression':
      // `defineOptions`, `Object.freeze` and the like give back what they got; later arguments win, as in `Object.assign`.
      return firstOf(node.arguments.toReversed(), (a) =>
        a.type === 'SpreadElement' ? undefined : findIn(scope, a, path, next),
      );
    case 'ConditionalExpression':
      return findIn(scope, node.consequent, path, next) ?? findIn(scope, node.alternate, path, next);
    case 'LogicalExpression':
      return findIn(scope, node.right, path, next) ?? findIn(scope, node.left, path, next);
    case 'SequenceExpression': {
      const last = node.expressions.at(-1);
      return last && findIn(scope, last, path, next);
    }
    case 'AwaitExpression':
      return findIn(scope, node.argument, path, next);
    case 'ParenthesizedExpression':
      return findIn(scope, node.expression, path, next);
    default:
      return undefined;
  }
}

function findInObject(scope: Scope, node: ObjectExpression, path: Path, walk: Walk): Found | undefined {
  const wanted = String(path[0]);
  return firstOf(node.properties.toReversed(), (property) => {
    if (property.type === 'SpreadElement')
      return findIn(scope, (property as SpreadElement).argument, path, walk);
    const name = propertyName(property.key, property.computed, scope);
    return name === wanted ? below(scope, property.value, start(property.key), path, walk) : undefined;
  });
}

/** The node is what the first step of the path leads to: it is the find, or the rest is inside it. */
function below(
  scope: Scope,
  node: Expression,
  key: Position | undefined,
  path: Path,
  walk: Walk,
): Found | undefined {
  if (path.length === 1) return { file: scope.file, key, value: start(node) };
  return findIn(scope, node, path.slice(1), walk);
}

function propertyName(key: AnyNode, computed: boolean, scope?: Scope): string | undefined {
  if (key.type === 'Literal') return String(key.value);
  if (key.type === 'TemplateLiteral')
    return key.expressions.length === 0 ? (key.quasis[0]?.value.cooked ?? undefined) : undefined;
  if (key.type !== 'Identifier') return undefined;
  if (!computed) return key.name;
  const binding = scope?.bindings.get(key.name);
  return binding?.kind === 'value' ? propertyName(binding.init, false) : undefined;
}

function start(node: AnyNode): Position {
  return node.loc?.start ?? { line: 1, column: 0 };
}

function firstOf<T, R>(items: readonly T[], find: (item: T) => R | undefined): R | undefined {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Collects what a module's top level declares, imports and exports. */
export function moduleScope(file: string, program: Program): Scope {
  const bindings = new Map<string, Binding>();
  const exported = new Map<string, Binding>();
  const stars: string[] = [];
  const later: (() => void)[] = [];
  for (const node of program.body) collect(node, bindings, exported, stars, later);
  // Exports by name may stand above the declaration they name.
  for (const run of later) run();
  return { file, bindings, exported, stars, exports: (name) => exported.has(name) };
}

function collect(
  node: Statement | ModuleDeclaration,
  bindings: Map<string, Binding>,
  exported: Map<string, Binding>,
  stars: string[],
  later: (() => void)[],
): void {
  // oxlint-disable-next-line typescript/switch-exhaustiveness-check -- syntax has many kinds; most hold no options
  switch (node.type) {
    case 'VariableDeclaration':
      for (const { id, init } of node.declarations) declare(id, init, bindings);
      return;
    case 'ImportDeclaration':
      for (const specifier of node.specifiers) {
        if (specifier.type === 'ImportNamespaceSpecifier') continue;
        const name = specifier.type === 'ImportDefaultSpecifier' ? 'default' : nameOf(specifier.imported);
        bindings.set(specifier.local.name, { kind: 'import', from: String(node.source.value), name });
      }
      return;
    case 'ExportNamedDeclaration': {
      if (node.declaration?.type === 'VariableDeclaration') {
        for (const { id, init } of node.declaration.declarations) {
          declare(id, init, bindings);
          if (id.type === 'Identifier') exportBinding(id.name, id.name, bindings, exported);
        }
      }
      for (const specifier of node.specifiers) {
        const local = nameOf(specifier.local);
        const name = nameOf(specifier.exported);
        if (node.source) exported.set(name, { kind: 'import', from: String(node.source.value), name: local });
        else later.push(() => exportBinding(name, local, bindings, exported));
      }
      return;
    }
    case 'ExportAllDeclaration':
      if (!node.exported) stars.push(String(node.source.value));
      return;
    case 'ExportDefaultDeclaration': {
      const { declaration } = node;
      if (declaration.type === 'FunctionDeclaration' || declaration.type === 'ClassDeclaration') return;
      exported.set('default', { kind: 'value', init: declaration, name: start(declaration) });
      return;
    }
    case 'ExpressionStatement': {
      const { expression } = node;
      if (expression.type !== 'AssignmentExpression' || expression.operator !== '=') return;
      assign(expression.left, expression.right, exported);
      return;
    }
    default:
  }
}

function declare(id: Pattern, init: Expression | null | undefined, bindings: Map<string, Binding>): void {
  if (id.type === 'Identifier' && init) bindings.set(id.name, { kind: 'value', init, name: start(id) });
}

function exportBinding(
  name: string,
  local: string,
  bindings: Map<string, Binding>,
  exported: Map<string, Binding>,
): void {
  const binding = bindings.get(local);
  if (binding !== undefined) exported.set(name, binding);
}

/** `exports.options = …`, `module.exports.options = …` and `module.exports = { options: … }`. */
function assign(left: AnyNode, right: Expression, exported: Map<string, Binding>): void {
  if (isModuleExports(left)) {
    if (right.type !== 'ObjectExpression') return;
    for (const property of right.properties) {
      if (property.type === 'SpreadElement') continue;
      const name = propertyName(property.key, property.computed);
      if (name !== undefined)
        exported.set(name, { kind: 'value', init: property.value, name: start(property.key) });
    }
    return;
  }
  if (left.type !== 'MemberExpression' || !isExports(left.object)) return;
  const name = propertyName(left.property, left.computed);
  if (name !== undefined) exported.set(name, { kind: 'value', init: right, name: start(left.property) });
}

function isExports(node: AnyNode): boolean {
  return (node.type === 'Identifier' && node.name === 'exports') || isModuleExports(node);
}

function isModuleExports(node: AnyNode): boolean {
  return (
    node.type === 'MemberExpression' &&
    node.object.type === 'Identifier' &&
    node.object.name === 'module' &&
    propertyName(node.property, node.computed) === 'exports'
  );
}

function nameOf(node: AnyNode): string {
  return node.type === 'Identifier' ? node.name : node.type === 'Literal' ? String(node.value) : '';
}
