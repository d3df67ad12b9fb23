import type { PlainObject, PlainValue } from '../contract.js';
import type { Node } from '../nodes.js';
import { shape, type Shape } from './shape.js';

/** A node as JSON, positions left behind. Objects have no prototype, so a key `__proto__` is only a key. */
export function toPlain(node: Node): PlainValue {
  switch (node.kind) {
    case 'scalar':
      return typeof node.value === 'number' && !Number.isFinite(node.value) ? node.text : node.value;
    case 'list':
      return node.items.map(toPlain);
    case 'map': {
      const object: PlainObject = Object.create(null);
      for (const [key, entry] of node.entries) object[key] = toPlain(entry.value);
      return object;
    }
    case 'reference':
      return node.written;
  }
}

/** Anything, kept as written: for what is handed on to the runner unread. */
export function anything(): Shape<PlainValue> {
  return shape('any value', (node) => toPlain(node));
}
