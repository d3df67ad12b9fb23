import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

import { parseSync } from '@swc/core';

import type { Manifest } from './manifests.js';

interface TypeNode {
  readonly type: string;
  readonly [key: string]: unknown;
}

/** A declaration file of kubernetes-models: its interfaces by every name, and where other names come from. */
interface Declarations {
  readonly interfaces: ReadonlyMap<string, TypeNode>;
  readonly imports: ReadonlyMap<string, string>;
}

const packages = resolve(import.meta.dirname, '../../../../node_modules');
const known = new Map<string, Declarations>();

/**
 * Fields of an object that its kind does not have. The schemas of the package let them pass, but its type declarations
 * name every field.
 */
export function unknownFields(manifest: Manifest): string[] {
  const group = manifest.apiVersion;
  const file = join(packages, 'kubernetes-models', group, `${manifest.kind}.d.ts`);
  return inInterface(manifest, file, `I${manifest.kind}`, '');
}

function inInterface(value: unknown, file: string, name: string, path: string): string[] {
  const { interfaces, imports } = declarations(file);
  const found = interfaces.get(name);
  const elsewhere = imports.get(name);
  if (!found) return elsewhere ? inInterface(value, elsewhere, name, path) : [];
  if (typeof value !== 'object' || value === null) return [];
  const members = (found['body'] as TypeNode)['body'] as TypeNode[];
  const types = new Map(members.map((member) => [nameOf(member['key']), typeOf(member)]));
  // A kind that is any object, such as a quantity or a time, has no members.
  if (types.size === 0) return [];
  return Object.entries(value).flatMap(([key, part]) => {
    const where = path === '' ? key : `${path}.${key}`;
    const type = types.get(key);
    return type ? inType(part, file, type, where) : [`${where} is no field`];
  });
}

function inType(value: unknown, file: string, type: TypeNode, path: string): string[] {
  if (type.type === 'TsArrayType') return inItems(value, file, type['elemType'] as TypeNode, path);
  if (type.type !== 'TsTypeReference') return [];
  const name = nameOf(type['typeName']);
  const [item] = ((type['typeParams'] as TypeNode | null)?.['params'] ?? []) as TypeNode[];
  return name === 'Array' && item ? inItems(value, file, item, path) : inInterface(value, file, name, path);
}

function inItems(value: unknown, file: string, type: TypeNode, path: string): string[] {
  return Array.isArray(value) ? value.flatMap((item, n) => inType(item, file, type, `${path}[${n}]`)) : [];
}

function declarations(file: string): Declarations {
  const found = known.get(file) ?? read(file);
  known.set(file, found);
  return found;
}

function read(file: string): Declarations {
  const interfaces = new Map<string, TypeNode>();
  const imports = new Map<string, string>();
  const body = parseSync(readFileSync(file, 'utf8'), { syntax: 'typescript' }).body as unknown as TypeNode[];
  for (const item of body) {
    const declared = item['declaration'] as TypeNode | undefined;
    if (declared?.type === 'TsInterfaceDeclaration') interfaces.set(nameOf(declared['id']), declared);
    for (const specifier of (item['specifiers'] ?? []) as TypeNode[]) {
      if (item.type === 'ImportDeclaration')
        imports.set(nameOf(specifier['local']), sourceOf(file, nameOf(item['source'])));
      const original = interfaces.get(nameOf(specifier['orig'] ?? specifier['local']));
      if (original && specifier['exported']) interfaces.set(nameOf(specifier['exported']), original);
    }
  }
  return { interfaces, imports };
}

function sourceOf(from: string, source: string): string {
  const path = source.startsWith('.') ? resolve(dirname(from), source) : join(packages, source);
  return `${path.replace(/\.js$/, '')}.d.ts`;
}

function typeOf(member: TypeNode): TypeNode {
  return (member['typeAnnotation'] as TypeNode)['typeAnnotation'] as TypeNode;
}

function nameOf(node: unknown): string {
  return String((node as { value?: unknown } | null)?.value);
}
