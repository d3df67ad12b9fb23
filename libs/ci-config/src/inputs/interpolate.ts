import { plain, quote, type Report } from '../findings.js';
import {
  TooBig,
  listNode,
  mapNode,
  scalarNode,
  stringNode,
  type Entry,
  type ListNode,
  type MapNode,
  type Node,
  type ScalarNode,
} from '../nodes.js';
import { textOf, type InputValues } from './bind.js';
import { applyFunction } from './functions.js';

const BLOCK = /\$\[\[\s*(\S.*?\S)\s*\]\]/g;
const WHOLE = /^\$\[\[\s*(\S(?:(?!\]\]).)*?\S)\s*\]\]$/;
const TEXT_CHARS_MAX = 1_048_576;
const BLOCKS_MAX = 10_000;
const FUNCTIONS_MAX = 3;
const PARTS_MAX = 5;
const DATA_CHARS_MAX = 1_024;

/** What the blocks of a file may use. */
export interface InterpolationValues {
  readonly inputs: InputValues;
  readonly component: ReadonlyMap<string, string | null>;
  readonly variable: (name: string) => string | undefined;
}

/**
 * Puts inputs in place of `$[[ … ]]` in every text of a document, keys included. A text that is one
 * block keeps the value's type; a list item that is one list-valued block is spliced in.
 */
export function interpolate(content: MapNode, values: InterpolationValues, report: Report): MapNode {
  return new Interpolation(values, report).map(content);
}

class Interpolation {
  private readonly blocks = new Map<string, Node | null>();

  constructor(
    private readonly values: InterpolationValues,
    private readonly report: Report,
  ) {}

  map(map: MapNode): MapNode {
    const entries = new Map<string, Entry>();
    for (const { key, value } of map.entries.values()) {
      const name = key.type === 'string' ? this.key(key) : key;
      entries.set(name.text, { key: name, value: this.node(value) });
    }
    return mapNode(entries, map);
  }

  private key(key: ScalarNode): ScalarNode {
    return key.text.includes('$[[') ? stringNode(this.text(key), key) : key;
  }

  private node(node: Node): Node {
    if (node.kind === 'map') return this.map(node);
    if (node.kind === 'list') return this.list(node);
    if (node.kind !== 'scalar' || node.type !== 'string' || !node.text.includes('$[[')) return node;
    const whole = WHOLE.exec(node.text)?.[1];
    if (whole === undefined || whole.startsWith('matrix.')) return stringNode(this.text(node), node);
    return moved(this.block(whole, node) ?? node, node);
  }

  private list(list: ListNode): Node {
    const items: Node[] = [];
    for (const item of list.items) {
      const made = this.node(item);
      if (made.kind === 'list' && item.kind === 'scalar') items.push(...made.items);
      else items.push(made);
    }
    return listNode(items, list);
  }

  private text(node: ScalarNode): string {
    let length = 0;
    return node.text.replace(BLOCK, (written, data: string) => {
      if (data.startsWith('matrix.')) return written;
      const value = textOf(this.block(data, node) ?? undefined) ?? written;
      length += value.length;
      if (length > TEXT_CHARS_MAX) throw new TooBig('size', node);
      return value;
    });
  }

  /** The value of a block; null when it is faulty, which is reported once for each text of it. */
  private block(data: string, at: Node): Node | null {
    const known = this.blocks.get(data);
    if (known !== undefined) return known;
    if (this.blocks.size >= BLOCKS_MAX) throw new TooBig('size', at);
    const made = this.evaluate(data, at);
    this.blocks.set(data, made);
    return made;
  }

  private evaluate(data: string, at: Node): Node | null {
    if (data.length > DATA_CHARS_MAX)
      return this.fault(`block is too long (maximum is ${DATA_CHARS_MAX} characters)`, at);
    const [access = '', ...functions] = data.split('|').map((part) => part.trim());
    if (functions.length > FUNCTIONS_MAX)
      return this.fault(`too many functions in interpolation block (maximum is ${FUNCTIONS_MAX})`, at);
    let value = this.access(access, at);
    for (const call of functions) {
      if (value === null) return null;
      value = this.apply(call, value, at);
    }
    return value;
  }

  private access(access: string, at: Node): Node | null {
    const parts = access.split('.');
    if (parts.length < 2) return this.fault(`${quote(access)} needs a context, as in \`inputs.${plain(access)}\``, at);
    if (parts.length > PARTS_MAX)
      return this.fault(`${quote(access)} has too many parts (maximum is ${PARTS_MAX})`, at);
    const [context = '', name = '', ...more] = parts;
    const value = this.lookUp(context, name, at);
    if (value !== undefined && more.length === 0) return value;
    const kind = context === 'component' ? 'component' : 'input';
    return this.fault(
      `unknown ${kind} name provided: \`${plain(more.length > 0 ? (more[0] ?? '') : name)}\` in ${quote(access)}`,
      at,
    );
  }

  private lookUp(context: string, name: string, at: Node): Node | undefined {
    if (context === 'inputs') return this.values.inputs.get(name);
    const fact = context === 'component' ? this.values.component.get(name) : undefined;
    if (fact === undefined) return undefined;
    return fact === null ? scalarNode('null', null, '', at.source, at.offset) : stringNode(fact, at);
  }

  private apply(call: string, value: Node, at: Node): Node | null {
    if (value.kind !== 'scalar' || value.type !== 'string') {
      return this.fault(`${quote(call)} can only be used with a string`, at);
    }
    const result = applyFunction(call, value.text, this.values.variable);
    if ('fault' in result) return this.fault(result.fault, at);
    const { value: made } = result;
    return typeof made === 'string'
      ? stringNode(made, at)
      : listNode(
          made.map((text) => stringNode(text, at)),
          at,
        );
  }

  private fault(what: string, at: Node): null {
    this.report.error('interpolation', `${what}.`, undefined, at);
    return null;
  }
}

/** The value as if it had been written where the block stands, so that faults point there. */
function moved(value: Node, at: Node): Node {
  return value.kind === 'scalar' ? scalarNode(value.type, value.value, value.text, at.source, at.offset) : value;
}
