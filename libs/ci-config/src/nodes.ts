import { limits } from './limits.js';

/**
 * The tree between the passes: YAML values that remember where they were written. Nodes never
 * change; merging makes new maps that share their children, so a position survives includes,
 * anchors, merge keys and `extends`.
 *
 * Each container knows how large and how deep it is when written out in full. Shared children make
 * that far more than what is in memory (an alias bomb), so the factories refuse growth as it happens.
 */
export type Node = ScalarNode | ListNode | MapNode | ReferenceNode;

export type ScalarValue = string | number | boolean | null;

interface Placed {
  readonly source: Source;
  /** Offset into `source.text`. */
  readonly offset: number;
}

export interface ScalarNode extends Placed {
  readonly kind: 'scalar';
  readonly type: 'string' | 'integer' | 'float' | 'boolean' | 'null';
  readonly value: ScalarValue;
  /** The value as Ruby prints it: `1.0` stays `1.0`, null is the empty text. */
  readonly text: string;
}

interface Container extends Placed {
  readonly depth: number;
  readonly nodes: number;
  readonly chars: number;
  readonly hasReference: boolean;
}

export interface ListNode extends Container {
  readonly kind: 'list';
  readonly items: readonly Node[];
}

export interface Entry {
  readonly key: ScalarNode;
  readonly value: Node;
}

export interface MapNode extends Container {
  readonly kind: 'map';
  readonly entries: ReadonlyMap<string, Entry>;
}

/** A `!reference [job, key]` that is still to be followed. `path` is null when its form is wrong. */
export interface ReferenceNode extends Placed {
  readonly kind: 'reference';
  readonly path: readonly string[] | null;
  readonly written: string;
  /** Stands for a value that could not be read; the fault has been reported. */
  readonly broken?: true;
}

/** One YAML document of one file; turns offsets into lines and columns when somebody asks. */
export class Source {
  private lineStarts: number[] | undefined;

  constructor(
    readonly file: string,
    readonly text: string,
    private readonly firstLine = 1,
    /** Blanks that were put before a line so that the parser takes it: the line's index and how many. */
    private readonly padding: ReadonlyMap<number, number> = new Map(),
  ) {}

  /** The same text with `blanks` blanks before the line in which `offset` is; positions stay those of the author. */
  indented(offset: number, blanks: number): Source {
    const start = this.text.lastIndexOf('\n', offset - 1) + 1;
    const line = this.position(offset).line - this.firstLine;
    const text = `${this.text.slice(0, start)}${' '.repeat(blanks)}${this.text.slice(start)}`;
    const padding = new Map(this.padding).set(line, (this.padding.get(line) ?? 0) + blanks);
    return new Source(this.file, text, this.firstLine, padding);
  }

  /** Line and column of an offset, both counted from 1. */
  position(offset: number): { line: number; column: number } {
    const starts = (this.lineStarts ??= startsOfLines(this.text));
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    const column = offset - (starts[low] ?? 0) + 1 - (this.padding.get(low) ?? 0);
    return { line: low + this.firstLine, column: Math.max(1, column) };
  }
}

function startsOfLines(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

/** Stops a compile that grows beyond its bounds; caught by `compile`, which makes a finding of it. */
export class TooBig extends Error {
  constructor(
    readonly what: 'depth' | 'size',
    readonly at: Placed,
  ) {
    super(what);
  }
}

export function scalarNode(
  type: ScalarNode['type'],
  value: ScalarValue,
  text: string,
  source: Source,
  offset: number,
): ScalarNode {
  return { kind: 'scalar', type, value, text, source, offset };
}

/** A string made by a later pass, standing where `at` was written. */
export function stringNode(text: string, at: Placed): ScalarNode {
  return scalarNode('string', text, text, at.source, at.offset);
}

export function listNode(items: readonly Node[], at: Placed): ListNode {
  const size = new Size(at);
  for (const item of items) size.add(item);
  return {
    kind: 'list',
    items,
    source: at.source,
    offset: at.offset,
    depth: size.depth,
    nodes: size.nodes,
    chars: size.chars,
    hasReference: size.hasReference,
  };
}

export function mapNode(entries: ReadonlyMap<string, Entry>, at: Placed): MapNode {
  const size = new Size(at);
  for (const { key, value } of entries.values()) {
    size.chars += key.text.length;
    size.add(value);
  }
  return {
    kind: 'map',
    entries,
    source: at.source,
    offset: at.offset,
    depth: size.depth,
    nodes: size.nodes,
    chars: size.chars,
    hasReference: size.hasReference,
  };
}

class Size {
  depth = 1;
  nodes = 1;
  chars = 0;
  hasReference = false;

  constructor(private readonly at: Placed) {}

  add(child: Node): void {
    if (child.kind === 'scalar') {
      this.nodes += 1;
      this.chars += child.text.length;
    } else if (child.kind === 'reference') {
      this.nodes += 1;
      this.hasReference = true;
    } else {
      this.nodes += child.nodes;
      this.chars += child.chars;
      if (child.depth >= this.depth) this.depth = child.depth + 1;
      if (child.hasReference) this.hasReference = true;
    }
    if (this.depth > limits.depth) throw new TooBig('depth', this.at);
    if (this.nodes > limits.expansionNodes || this.chars > limits.expansionChars) throw new TooBig('size', this.at);
  }
}

export function isNull(node: Node | undefined): boolean {
  return node === undefined || (node.kind === 'scalar' && node.type === 'null');
}

export function isString(node: Node | undefined): node is ScalarNode & { value: string } {
  return node !== undefined && node.kind === 'scalar' && node.type === 'string';
}

/** The value under `key`, or undefined; null values are returned as nodes. */
export function child(node: Node | undefined, key: string): Node | undefined {
  return node?.kind === 'map' ? node.entries.get(key)?.value : undefined;
}

/** The value under `key` unless it is absent or null, which mean the same nearly everywhere. */
export function given(node: Node | undefined, key: string): Node | undefined {
  const value = child(node, key);
  return isNull(value) ? undefined : value;
}
