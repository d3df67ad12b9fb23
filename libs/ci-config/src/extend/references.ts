import { plain, type Report } from '../findings.js';
import { TooBig, listNode, mapNode, type Entry, type MapNode, type Node, type ReferenceNode } from '../nodes.js';

/**
 * Follows every `!reference` of the merged configuration, deeply, after `extends`.
 *
 * @param isWhole false when included files are missing: what is not found may be in them
 */
export function resolveReferences(root: MapNode, isWhole: boolean, report: Report): MapNode {
  return root.hasReference ? (new Resolver(root, isWhole, report).resolve(root, '') as MapNode) : root;
}

class Resolver {
  private readonly done = new Map<string, Node>();
  private readonly open = new Set<string>();
  private readonly containers = new Map<Node, Node>();

  constructor(
    private readonly root: MapNode,
    private readonly isWhole: boolean,
    private readonly report: Report,
  ) {}

  resolve(node: Node, path: string): Node {
    if (node.kind === 'scalar') return node;
    if (node.kind === 'reference') return this.follow(node, path);
    if (!node.hasReference) return node;
    const known = this.containers.get(node);
    if (known) return known;
    const made = node.kind === 'list' ? this.list(node.items, node, path) : this.map(node, path);
    this.containers.set(node, made);
    return made;
  }

  private list(items: readonly Node[], at: Node, path: string): Node {
    return listNode(
      items.map((item) => this.resolve(item, path)),
      at,
    );
  }

  private map(map: MapNode, path: string): MapNode {
    const entries = new Map<string, Entry>();
    for (const [name, entry] of map.entries) {
      const inner = path === '' ? topPath(name) : `${path}:${plain(name)}`;
      entries.set(name, { key: entry.key, value: this.resolve(entry.value, inner) });
    }
    return mapNode(entries, map);
  }

  private follow(reference: ReferenceNode, path: string): Node {
    if (reference.broken) return reference;
    if (reference.path === null) {
      return this.fault('reference_invalid', reference, path, 'is not valid: it needs a list of texts, as [job, key]');
    }
    const id = JSON.stringify(reference.path);
    const known = this.done.get(id);
    if (known) return known;
    if (this.open.has(id)) return this.fault('reference_circular', reference, path, 'is part of a circular chain');
    // A chain this long is no configuration, and following it would exhaust the stack.
    if (this.open.size > 200) throw new TooBig('depth', reference);
    this.open.add(id);
    const target = this.dig(reference.path, path);
    const made = target === undefined ? this.missing(reference, path) : this.resolve(target, path);
    this.open.delete(id);
    this.done.set(id, made);
    return made;
  }

  private dig(keys: readonly string[], path: string): Node | undefined {
    let node: Node | undefined = this.root;
    for (const key of keys) {
      if (node?.kind === 'reference') node = this.follow(node, path);
      node = node?.kind === 'map' ? node.entries.get(key)?.value : undefined;
    }
    const isNothing = node?.kind === 'scalar' && (node.type === 'null' || node.value === false);
    return isNothing ? undefined : node;
  }

  private missing(reference: ReferenceNode, path: string): Node {
    if (!this.isWhole) return reference;
    return this.fault('reference_missing', reference, path, 'could not be found');
  }

  private fault(code: string, reference: ReferenceNode, path: string, what: string): Node {
    this.report.error(code, `${reference.written} ${what} (in ${path}).`, path, reference);
    // Left in place: what reads it later knows that the fault has been told.
    return reference;
  }
}

const ROOT_KEYS = new Set(['default', 'stages', 'variables', 'workflow']);

function topPath(name: string): string {
  return ROOT_KEYS.has(name) ? name : `jobs:${plain(name)}`;
}
