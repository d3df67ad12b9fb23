import { join } from 'node:path';

import { importedLater, type Node, nodesIn, type Place, root, sourceModule, textOf } from './source-module.js';

/** What a service does with the database: privileges by table, as `statement()` declares them. */
export interface UsedTables {
  readonly tables: Record<string, string>;
  readonly statements: string[];
}

const order = 'siud';
/** Names every entity for TypeORM, whoever reads them. */
const registry = 'libs/domain/src/entities.ts';
const notValues = /^(typeAnnotation|typeParams|typeArguments|typeParameters|returnType|superTypeParams|implements)$/;

/**
 * What a service may execute, found by reading: from its `main.ts` along every name that can be reached, to the
 * statements and to the entities, which TypeORM reads and nobody writes through it.
 */
export function usedTables(service: string): UsedTables {
  const walk = new Walk();
  walk.load(join(root, 'apps', service, 'src/main.ts'));
  return walk.result();
}

class Walk {
  private readonly seen = new Set<string>();
  private readonly letters = new Map<string, Set<string>>();
  private readonly statements = new Set<string>();

  /** Follows what a file does when it is loaded. */
  load(file: string): void {
    for (const node of sourceModule(file).loose) this.follow(file, node);
  }

  result(): UsedTables {
    const sorted = [...this.letters].sort(([a], [b]) => a.localeCompare(b));
    const join = (letters: Set<string>): string => [...order].filter((letter) => letters.has(letter)).join('');
    return {
      tables: Object.fromEntries(sorted.map(([table, letters]) => [table, join(letters)])),
      statements: [...this.statements].sort((a, b) => a.localeCompare(b)),
    };
  }

  private reach({ file, name }: Place): void {
    const key = `${file}#${name}`;
    if (this.seen.has(key) || file.endsWith(registry)) return;
    this.seen.add(key);
    const module = sourceModule(file);
    if (name === '*') for (const place of module.exported.values()) this.reach(place);
    const declared = module.declared.get(name);
    const elsewhere = module.imported.get(name) ?? module.exported.get(name);
    if (declared) this.follow(file, declared);
    else if (elsewhere) this.reach(elsewhere);
  }

  private follow(file: string, node: Node): void {
    const table = entityTable(node);
    if (table !== null) {
      this.use(table, 's');
      return;
    }
    if (node.type === 'CallExpression' && isNamed(node['callee'], 'statement')) this.note(file, node);
    if (node.type === 'Identifier') this.reachLocal(file, textOf(node));
    for (const place of importedLater(file, node)) this.reach(place);
    for (const child of partsThatRun(node)) this.follow(file, child);
  }

  private reachLocal(file: string, name: string): void {
    const module = sourceModule(file);
    if (module.declared.has(name) || module.imported.has(name)) this.reach({ file, name });
  }

  private note(file: string, call: Node): void {
    const [name, given] = (call['arguments'] as { expression: Node }[]).map(({ expression }) => expression);
    // Several statements of a file may share what they declare.
    const tables = given?.type === 'Identifier' ? sourceModule(file).declared.get(textOf(given))?.['init'] : given;
    if (name?.type !== 'StringLiteral' || !isObject(tables)) {
      throw new Error(`${file} has a statement whose tables cannot be read: write them as an object`);
    }
    this.statements.add(textOf(name));
    for (const property of tables['properties'] as Node[]) this.use(textOf(property['key']), textOf(property['value']));
  }

  private use(table: string, letters: string): void {
    const known = this.letters.get(table) ?? new Set();
    for (const letter of letters) known.add(letter);
    this.letters.set(table, known);
  }
}

/** The table of an entity's class; null for everything else. */
function entityTable(node: Node): string | null {
  if (node.type !== 'ClassDeclaration') return null;
  const calls = ((node['decorators'] ?? []) as Node[]).map((decorator) => decorator['expression'] as Node);
  const entity = calls.find((call) => call.type === 'CallExpression' && isNamed(call['callee'], 'Entity'));
  return entity ? textOf((entity['arguments'] as { expression: Node }[])[0]?.expression) : null;
}

function isObject(node: unknown): node is Node {
  return (node as Node | undefined)?.type === 'ObjectExpression';
}

function isNamed(node: unknown, name: string): boolean {
  return (node as Node).type === 'Identifier' && textOf(node) === name;
}

/** Names of properties and types are no references to what is declared under the same name. */
function partsThatRun(node: Node): Node[] {
  if (node.type.startsWith('Ts') && !('expression' in node) && !node.type.startsWith('TsParameter')) return [];
  return Object.entries(node)
    .filter(([key, value]) => {
      if (notValues.test(key)) return false;
      const plain = (value as Node | null)?.type === 'Identifier';
      return !(plain && (key === 'key' || (key === 'property' && node.type === 'MemberExpression')));
    })
    .flatMap(([, value]) => nodesIn(value));
}
