import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

import { parseSync } from '@swc/core';

/** A node of the syntax tree; only what is looked at here has a type. */
export interface Node {
  readonly type: string;
  readonly value?: unknown;
  readonly [key: string]: unknown;
}

/** A name in a file; `*` stands for all that the file exports. */
export interface Place {
  readonly file: string;
  readonly name: string;
}

/** What one file declares, and where its other names come from. */
export interface SourceModule {
  readonly file: string;
  readonly declared: ReadonlyMap<string, Node>;
  readonly imported: ReadonlyMap<string, Place>;
  readonly exported: ReadonlyMap<string, Place>;
  /** What runs when the file is loaded. */
  readonly loose: readonly Node[];
}

export const root = resolve(import.meta.dirname, '../../../..');

const known = new Map<string, SourceModule>();

/** Reads one of our TypeScript files; type-only imports and exports are left out, because nothing of them runs. */
export function sourceModule(file: string): SourceModule {
  const found = known.get(file) ?? read(file);
  known.set(file, found);
  return found;
}

function read(file: string): SourceModule {
  const { body } = parseSync(readFileSync(file, 'utf8'), { syntax: 'typescript', decorators: true });
  const declared = new Map<string, Node>();
  const imported = new Map<string, Place>();
  const exported = new Map<string, Place>();
  const loose: Node[] = [];
  for (const item of body as unknown as Node[]) {
    switch (item.type) {
      case 'ImportDeclaration':
        addImports(file, item, imported);
        break;
      case 'ExportNamedDeclaration':
        addExports(file, item, exported);
        break;
      case 'ExportDeclaration':
        for (const name of declare(item['declaration'] as Node, declared)) exported.set(name, { file, name });
        break;
      default:
        if (declare(item, declared).length === 0) loose.push(item);
    }
  }
  return { file, declared, imported, exported, loose };
}

function addImports(file: string, item: Node, imported: Map<string, Place>): void {
  const source = resolveSource(file, textOf(item['source']));
  if (item['typeOnly'] || !source) return;
  for (const specifier of item['specifiers'] as Node[]) {
    if (specifier['isTypeOnly']) continue;
    const local = textOf(specifier['local']);
    const named = specifier.type === 'ImportSpecifier';
    imported.set(local, { file: source, name: named ? textOf(specifier['imported'] ?? specifier['local']) : '*' });
  }
}

function addExports(file: string, item: Node, exported: Map<string, Place>): void {
  if (item['typeOnly']) return;
  const source = item['source'] ? resolveSource(file, textOf(item['source'])) : file;
  if (!source) return;
  for (const specifier of item['specifiers'] as Node[]) {
    if (specifier['isTypeOnly'] || specifier.type !== 'ExportSpecifier') continue;
    const name = textOf(specifier['orig']);
    exported.set(textOf(specifier['exported'] ?? specifier['orig']), { file: source, name });
  }
}

/** The names that `const { … } = await import('…')` takes out of another file; none for any other node. */
export function importedLater(file: string, node: Node): Place[] {
  const call = (node['init'] as Node | null)?.['argument'] as Node | undefined;
  if (node.type !== 'VariableDeclarator' || (call?.['callee'] as Node | undefined)?.type !== 'Import') return [];
  const [given] = (call?.['arguments'] ?? []) as { expression: Node }[];
  const source = given && resolveSource(file, textOf(given.expression));
  if (!source) return [];
  const taken = (node['id'] as Node)['properties'] as Node[];
  return taken.map((property) => ({ file: source, name: textOf(property['key']) }));
}

/** @returns the names that the item declares for all of the file */
function declare(item: Node, declared: Map<string, Node>): string[] {
  const names =
    item.type === 'VariableDeclaration'
      ? (item['declarations'] as Node[]).flatMap((each) => namesIn(each['id'] as Node))
      : item.type === 'ClassDeclaration' || item.type === 'FunctionDeclaration' || item.type === 'TsEnumDeclaration'
        ? [textOf(item['identifier'] ?? item['id'])]
        : [];
  if (item.type !== 'VariableDeclaration') for (const name of names) declared.set(name, item);
  else
    for (const each of item['declarations'] as Node[])
      for (const name of namesIn(each['id'] as Node)) declared.set(name, each);
  return names;
}

function namesIn(pattern: Node): string[] {
  if (pattern.type === 'Identifier') return [textOf(pattern)];
  return Object.values(pattern).flatMap((part) => nodesIn(part).flatMap(namesIn));
}

/** The nodes directly below a value of the tree. */
export function nodesIn(value: unknown): Node[] {
  if (Array.isArray(value)) return value.flatMap(nodesIn);
  if (typeof value !== 'object' || value === null) return [];
  // Arguments and array elements are wrapped in a thing without a type.
  return 'type' in value && typeof value.type === 'string' ? [value as Node] : Object.values(value).flatMap(nodesIn);
}

export function textOf(node: unknown): string {
  return String((node as Node).value);
}

/** Null for packages that are not ours. */
function resolveSource(from: string, source: string): string | null {
  if (source.startsWith('.')) return resolve(dirname(from), source.replace(/\.js$/, '.ts'));
  const match = /^@crosstie\/([^/]+)(\/.+)?$/.exec(source);
  if (!match) return null;
  const [, name = '', path = ''] = match;
  const directory = ['libs', 'apps', 'tools'].map((kind) => join(root, kind, name)).find((each) => existsSync(each));
  if (!directory) throw new Error(`${from} imports ${source}, which is nowhere`);
  const { exports } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as {
    exports: Record<string, { '@crosstie/source': string }>;
  };
  return join(directory, exports[`.${path}`]?.['@crosstie/source'] ?? '');
}
