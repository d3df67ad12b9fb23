import {
  EVENT_ID,
  SCALAR_STYLE,
  getScalarValue,
  type AliasEvent,
  type Event,
  type MappingEvent,
  type ScalarEvent,
  type SequenceEvent,
} from 'js-yaml';
import { plain, quote, type Report } from '../findings.js';
import {
  isString,
  listNode,
  mapNode,
  scalarNode,
  type Entry,
  type MapNode,
  type Node,
  type ReferenceNode,
  type ScalarNode,
  type Source,
} from '../nodes.js';
import { isPlainText, resolvePlain, string } from './ruby-scalars.js';

const YAML_TAG = 'tag:yaml.org,2002:';
const REFUSED_TAG = /^!(?:ruby\/|.*ruby\/)|^!!?(?:set|omap|map:|seq:)/;

/** What an anchor stands for; open while its own value is being read. */
type Anchors = Map<string, Node | 'open'>;

/**
 * Builds the tree of one document from the parser's events, with Ruby's reading of scalars, merge
 * keys and duplicate keys. Recursion is safe: the parser has refused deep nesting before.
 */
export function compose(source: Source, events: readonly Event[], report: Report): Node | undefined {
  return new Composer(source, events, report).document();
}

class Composer {
  private next = 0;
  private readonly anchors: Anchors = new Map();

  constructor(
    private readonly source: Source,
    private readonly events: readonly Event[],
    private readonly report: Report,
  ) {}

  document(): Node | undefined {
    if (this.events[0]?.type !== EVENT_ID.DOCUMENT) return undefined;
    this.next = 1;
    const event = this.events[1];
    return event === undefined || event.type === EVENT_ID.POP ? undefined : this.node();
  }

  private node(): Node {
    const event = this.events[this.next++];
    if (event === undefined || event.type === EVENT_ID.DOCUMENT || event.type === EVENT_ID.POP) {
      throw new Error('The YAML parser closed what it had not opened.');
    }
    if (event.type === EVENT_ID.ALIAS) return this.alias(event);
    if (event.anchorStart === -1) return this.value(event);
    const name = this.source.text.slice(event.anchorStart, event.anchorEnd);
    this.anchors.set(name, 'open');
    const node = this.value(event);
    this.anchors.set(name, node);
    return node;
  }

  private value(event: ScalarEvent | SequenceEvent | MappingEvent): Node {
    switch (event.type) {
      case EVENT_ID.SCALAR:
        return this.scalar(event);
      case EVENT_ID.SEQUENCE:
        return this.sequence(event);
      case EVENT_ID.MAPPING:
        return this.mapping(event);
    }
  }

  private alias(event: AliasEvent): Node {
    const name = this.source.text.slice(event.anchorStart, event.anchorEnd);
    const at = { source: this.source, offset: event.anchorStart - 1 };
    const node = this.anchors.get(name);
    if (node === undefined || node === 'open') {
      const why = node === 'open' ? 'stands inside its own anchor' : 'has no anchor before it in this document';
      this.report.error('yaml_alias', `The alias ${quote(`*${name}`)} ${why}.`, undefined, at);
      return { kind: 'reference', path: null, written: `*${plain(name)}`, broken: true, ...at };
    }
    return node;
  }

  private scalar(event: ScalarEvent): ScalarNode {
    const isQuoted = event.style === SCALAR_STYLE.SINGLE_QUOTED || event.style === SCALAR_STYLE.DOUBLE_QUOTED;
    const text = getScalarValue(this.source.text, event);
    const start = event.tagStart !== -1 ? event.tagStart : event.valueStart - (isQuoted ? 1 : 0);
    const offset = event.valueStart === -1 ? this.emptyOffset() : Math.max(0, start);
    const isPlain = event.style === SCALAR_STYLE.PLAIN;
    // Nearly every scalar of a real file: a text that needs no second look.
    if (event.tagStart === -1 && (!isPlain || isPlainText(text))) {
      return scalarNode('string', text, text, this.source, offset);
    }
    return this.resolved(event, text, offset, isPlain);
  }

  private resolved(event: ScalarEvent, text: string, offset: number, isPlain: boolean): ScalarNode {
    const at = { source: this.source, offset };
    const tag = this.tag(event);
    const resolved = isPlain && tag !== '!' ? resolvePlain(text) : string(text);
    const tagged = tag === '' || tag === '!' ? resolved : this.taggedScalar(tag, text, resolved, at);
    if (typeof tagged === 'string') {
      const sentence = `${quote(text)} is read as a ${tagged.toLowerCase()}, which GitLab refuses to load; put it in quotes.`;
      this.report.error('yaml_date', sentence, undefined, at);
      return scalarNode('string', text, text, at.source, at.offset);
    }
    return scalarNode(tagged.type, tagged.value, tagged.text, at.source, at.offset);
  }

  /** An empty value has no place of its own; it is shown where the previous event ended. */
  private emptyOffset(): number {
    for (let index = this.next - 2; index > 0; index--) {
      const event = this.events[index];
      if (event?.type === EVENT_ID.SCALAR && event.valueStart !== -1) return event.valueStart;
    }
    return 0;
  }

  private taggedScalar(
    tag: string,
    text: string,
    resolved: ReturnType<typeof resolvePlain>,
    at: { source: Source; offset: number },
  ): ReturnType<typeof resolvePlain> {
    if (tag === `${YAML_TAG}str` || tag === '!str') return string(text);
    if (tag === `${YAML_TAG}binary` || tag === '!binary') return string(fromBase64(text));
    if (tag === '!reference') {
      this.report.error('reference_invalid', `!reference ${quote(text)} is not valid: it needs a list.`, undefined, at);
      return string(text);
    }
    this.refuseTag(tag, at);
    if (tag === `${YAML_TAG}float` && typeof resolved !== 'string' && resolved.type === 'string') {
      const again = resolvePlain(text);
      return typeof again === 'string' ? string(text) : again;
    }
    return resolved;
  }

  private sequence(event: SequenceEvent): Node {
    const tag = this.tag(event);
    const at = { source: this.source, offset: tag === '' ? event.start : event.tagStart };
    this.refuseTag(tag, at);
    const items: Node[] = [];
    while (this.events[this.next]?.type !== EVENT_ID.POP) items.push(this.node());
    this.next += 1;
    return tag === '!reference' ? reference(items, at) : listNode(items, at);
  }

  private mapping(event: MappingEvent): Node {
    const tag = this.tag(event);
    const at = { source: this.source, offset: tag === '' ? event.start : event.tagStart };
    this.refuseTag(tag, at);
    const entries = new Map<string, Entry>();
    // Names that came by a merge key: to write one of these again is no duplicate.
    let merged: Set<string> | null = null;
    while (this.events[this.next]?.type !== EVENT_ID.POP) {
      const key = this.key();
      const valueEvent = this.events[this.next];
      const value = this.node();
      const maps = key.text === '<<' && key.type === 'string' ? this.mergeSources(value, valueEvent) : undefined;
      if (maps === undefined) this.set(entries, merged, key, value);
      else {
        merged ??= new Set();
        for (const [name, entry] of maps.flatMap((map) => [...map.entries])) {
          entries.set(name, entry);
          merged.add(name);
        }
      }
    }
    this.next += 1;
    if (tag === '!reference') {
      this.report.error('reference_invalid', '!reference is not valid: it needs a list of texts.', undefined, at);
    }
    return mapNode(entries, at);
  }

  private key(): ScalarNode {
    const key = this.node();
    if (key.kind === 'scalar') return key;
    this.report.error('yaml_key', 'A key must be a text, not a list or a hash.', undefined, key);
    return scalarNode('string', '?', '?', key.source, key.offset);
  }

  private set(entries: Map<string, Entry>, merged: Set<string> | null, key: ScalarNode, value: Node): void {
    const id = keyId(key);
    const first = entries.get(id)?.key;
    if (first !== undefined && !merged?.delete(id)) {
      const line = first.source.position(first.offset).line;
      const sentence = `The key ${quote(key.text)} stands twice in this hash: the one of line ${line} is lost, this one counts.`;
      this.report.warn('duplicate_key', sentence, undefined, key);
    }
    entries.set(id, { key, value });
  }

  /**
   * What a merge key lays into its hash, in place: later keys of the hash win over it, earlier ones
   * lose. Undefined where it does not merge: an alias to a list, or anything that is no hash, stays an
   * ordinary key called `<<`, as in Ruby.
   */
  private mergeSources(value: Node, event: Event | undefined): MapNode[] | undefined {
    if (value.kind === 'map') return [value];
    if (value.kind !== 'list' || event?.type === EVENT_ID.ALIAS || value.items.length === 0) return undefined;
    const maps = value.items.filter((item): item is MapNode => item.kind === 'map');
    if (maps.length !== value.items.length) return undefined;
    const merged = new Map<string, Entry>();
    for (const map of maps.reverse()) for (const [name, entry] of map.entries) merged.set(name, entry);
    return [mapNode(merged, value)];
  }

  private tag(event: { tagStart: number; tagEnd: number }): string {
    if (event.tagStart === -1) return '';
    const raw = this.source.text.slice(event.tagStart, event.tagEnd);
    if (raw.startsWith('!<')) return raw.slice(2, -1);
    return raw.startsWith('!!') ? YAML_TAG + raw.slice(2) : raw;
  }

  private refuseTag(tag: string, at: { source: Source; offset: number }): void {
    const short = tag.startsWith(YAML_TAG) ? `!!${tag.slice(YAML_TAG.length)}` : tag;
    if (!REFUSED_TAG.test(short)) return;
    this.report.error('yaml_tag', `The tag ${quote(short)} is not allowed.`, undefined, at);
  }
}

/** Ruby keeps `true:` and `"true":` apart, and only the second is a name. */
function keyId(key: ScalarNode): string {
  return key.type === 'boolean' || key.type === 'null' ? `\u0000${key.type}:${key.text}` : key.text;
}

function reference(items: readonly Node[], at: { source: Source; offset: number }): ReferenceNode {
  const path =
    items.every(isString) && items.length > 0 ? items.map((item) => (isString(item) ? item.value : '')) : null;
  const written = items.map((item) => (isString(item) ? JSON.stringify(plain(item.value)) : '…')).join(', ');
  return { kind: 'reference', path, written: `!reference [${written}]`, ...at };
}

function fromBase64(text: string): string {
  return Buffer.from(text, 'base64').toString('utf8');
}
