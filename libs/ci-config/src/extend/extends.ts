import { found, join, plain, quote, type Report } from '../findings.js';
import { limits } from '../limits.js';
import { didYouMean } from '../nearest.js';
import { given, isString, mapNode, TooBig, type Entry, type MapNode, type Node, type ScalarNode } from '../nodes.js';
import { mergeMaps } from './merge.js';

interface Resolved {
  map: MapNode;
  levels: number;
}

/** The configuration with its parents merged in, and the entries whose parents were faulty. */
export interface Extended {
  readonly map: MapNode;
  readonly broken: ReadonlySet<string>;
}

/**
 * Applies `extends` to every top-level hash that has it. Each entry is resolved once and kept, so a
 * wide net of parents costs what its members cost. Faulty parents are reported and left out.
 *
 * @param isWhole false when included files are missing: unknown parents may be in them
 */
export function applyExtends(root: MapNode, isWhole: boolean, report: Report): Extended {
  return new Extender(root, isWhole, report).run();
}

class Extender {
  private readonly done = new Map<string, Resolved>();
  private readonly open: string[] = [];
  private readonly broken = new Set<string>();
  private readonly lastMerges = new Map<MapNode, { over: MapNode; made: MapNode }>();
  private grown = 0;

  constructor(
    private readonly root: MapNode,
    private readonly isWhole: boolean,
    private readonly report: Report,
  ) {}

  run(): Extended {
    const entries = new Map<string, Entry>();
    for (const [name, entry] of this.root.entries) {
      const hasExtends = entry.value.kind === 'map' && entry.value.entries.has('extends');
      entries.set(name, hasExtends ? { key: entry.key, value: this.resolve(name, entry.value).map } : entry);
    }
    return { map: mapNode(entries, this.root), broken: this.broken };
  }

  private resolve(name: string, map: MapNode): Resolved {
    const known = this.done.get(name);
    if (known) return known;
    // Chains are followed to their end before levels are known; this one would exhaust the stack.
    if (this.open.length > 200) throw new TooBig('depth', map);
    this.open.push(name);
    const resolved = this.extend(name, map);
    this.open.pop();
    this.done.set(name, resolved);
    return resolved;
  }

  private extend(name: string, map: MapNode): Resolved {
    const parents = this.parents(name, given(map, 'extends'));
    if (parents.length === 0) return { map, levels: 1 };
    let base: MapNode | undefined;
    let levels = 0;
    for (const parent of parents) {
      const resolved = this.parent(name, parent);
      if (resolved === undefined || this.broken.has(parent.text)) this.broken.add(name);
      if (resolved === undefined) continue;
      levels = Math.max(levels, resolved.levels);
      base = base === undefined ? resolved.map : this.mergeParents(base, resolved.map);
    }
    this.checkLevels(name, levels + 1, map);
    return { map: base === undefined ? map : this.merge(base, map), levels: levels + 1 };
  }

  /** Many jobs name the same parents, so the last merge of each is kept. */
  private mergeParents(under: MapNode, over: MapNode): MapNode {
    const last = this.lastMerges.get(under);
    if (last?.over === over) return last.made;
    const made = this.merge(under, over);
    this.lastMerges.set(under, { over, made });
    return made;
  }

  /** Counts what merging makes while it is made: a few hundred wide parents multiply quickly. */
  private merge(under: MapNode, over: MapNode): MapNode {
    this.grown += under.entries.size + over.entries.size;
    if (this.grown > limits.expansionNodes) throw new TooBig('size', over);
    return mergeMaps(under, over);
  }

  private checkLevels(name: string, levels: number, at: MapNode): void {
    if (levels !== limits.extendsLevels + 1) return;
    const sentence = `${plain(name)}: nesting too deep in \`extends\`: at most ${limits.extendsLevels} levels are allowed.`;
    this.report.error('extends_too_deep', sentence, join('jobs', name, 'extends'), given(at, 'extends'));
  }

  private parents(name: string, node: Node | undefined): ScalarNode[] {
    if (node === undefined) return [];
    if (isString(node)) return [node];
    if (node.kind === 'list' && node.items.every(isString)) return node.items as ScalarNode[];
    const bad = node.kind === 'list' ? (node.items.find((item) => !isString(item)) ?? node) : node;
    const sentence = `${join('jobs', name)} extends should be a string or an array of strings, not ${found(bad)}.`;
    this.report.error('type', sentence, join('jobs', name, 'extends'), bad);
    this.broken.add(name);
    return [];
  }

  private parent(name: string, parent: ScalarNode): Resolved | undefined {
    const entry = this.root.entries.get(parent.text);
    const path = () => join('jobs', name, 'extends');
    if (entry === undefined) {
      if (!this.isWhole) return undefined;
      const hint = this.report.isFull ? '' : didYouMean(parent.text, this.root.entries.keys());
      const sentence = `${plain(name)}: unknown keys in \`extends\` (${plain(parent.text)})${hint}.`;
      this.report.error('extends_unknown', sentence, path(), parent);
      return undefined;
    }
    if (entry.value.kind !== 'map') {
      const sentence = `${plain(name)}: invalid base hashes in \`extends\` (${plain(parent.text)}): it is ${found(entry.value)}.`;
      this.report.error('extends_invalid', sentence, path(), parent);
      return undefined;
    }
    const start = this.open.indexOf(parent.text);
    if (start !== -1) {
      const circle = [...this.open.slice(start), parent.text].map(plain).join(' → ');
      const sentence = `${plain(name)}: circular dependency detected in \`extends\`: ${quote(circle)}.`;
      this.report.error('extends_circular', sentence, path(), parent);
      return undefined;
    }
    return this.resolve(parent.text, entry.value);
  }
}
