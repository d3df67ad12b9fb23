import { found } from '../findings.js';
import { limits } from '../limits.js';
import { isNull, isString, listNode, type Node } from '../nodes.js';
import { anyOf, nested, type JsonSchema } from './json-schema.js';
import { shape, type Shape, type Spot } from './shape.js';

/** The items of a list with its inner lists opened, or null when they are nested too deeply. */
export function flatten(node: Node, levels: number = limits.flattenLevels): Node[] | null {
  if (node.kind !== 'list') return [node];
  if (levels < 1) return null;
  const items: Node[] = [];
  for (const item of node.items) {
    if (item.kind !== 'list') items.push(item);
    else {
      const inner = flatten(item, levels - 1);
      if (inner === null) return null;
      for (const one of inner) items.push(one);
    }
  }
  return items;
}

/** A list of hashes with its inner lists opened and its empty entries left out; anything else as it is. */
export function openList(node: Node): Node {
  const items = node.kind === 'list' ? flatten(node) : null;
  return items === null
    ? node
    : listNode(
        items.filter((item) => !isNull(item)),
        node,
      );
}

const SCRIPT_WORDS = `a string or a nested array of strings up to ${limits.flattenLevels} levels deep`;

function scriptSchema(blank: boolean): JsonSchema {
  const one: JsonSchema = { type: 'string' };
  const many = nested({ type: 'string' });
  return blank
    ? anyOf([one, many])
    : anyOf([
        { ...one, pattern: '\\S' },
        { ...many, minItems: 1 },
      ]);
}

/** The lines of a script: a text or a nested list of texts, flat in the answer. */
export function scriptLines(rules: { blank: boolean }): Shape<string[]> {
  return shape(
    SCRIPT_WORDS,
    (node, spot) => {
      const isBlank = isNull(node) || (isString(node) && node.value.trim() === '');
      if (!rules.blank && (isBlank || (node.kind === 'list' && node.items.length === 0))) {
        return spot.fault('blank', "can't be blank", node);
      }
      return stringsOf(node, SCRIPT_WORDS, spot);
    },
    scriptSchema(rules.blank),
  );
}

/** A nested list of texts, as `stages` takes it. */
export function nestedTexts(words: string): Shape<string[]> {
  return shape(
    words,
    (node, spot) => (node.kind === 'list' ? stringsOf(node, words, spot) : spot.wrong(words, node)),
    nested({ type: 'string' }),
  );
}

function stringsOf(node: Node, words: string, spot: Spot): string[] | undefined {
  const items = flatten(node);
  if (items === null) return spot.fault('too_deep', `should be ${words}; it is nested more deeply`, node);
  const bad = items.find((item) => !isString(item));
  if (bad) return spot.fault('type', `should be ${words}; one entry is ${found(bad)}`, bad);
  return items.map((item) => (isString(item) ? item.value : ''));
}
