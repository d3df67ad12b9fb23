import type { Node } from '../nodes.js';

/** A node as the plain value that it was written as. */
export function written(node: Node): unknown {
  switch (node.kind) {
    case 'scalar':
      return node.value;
    case 'list':
      return node.items.map(written);
    case 'map':
      return Object.fromEntries([...node.entries].map(([key, { value }]) => [key, written(value)]));
    case 'reference':
      // What is left could not be followed, and an error says so.
      return node.written;
  }
}
