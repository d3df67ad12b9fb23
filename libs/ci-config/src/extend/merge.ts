import { mapNode, type Entry, type MapNode, type Node } from '../nodes.js';

/**
 * Lays `over` on `under`: hashes merge key by key, everything else is replaced, null included. Lists
 * never join and a `!reference` is opaque. Keys keep the order in which they appeared first.
 */
export function deepMerge(under: Node | undefined, over: Node): Node {
  if (under === undefined || under === over) return over;
  if (under.kind !== 'map' || over.kind !== 'map') return over;
  return mergeMaps(under, over);
}

export function mergeMaps(under: MapNode, over: MapNode): MapNode {
  if (under.entries.size === 0) return over;
  const entries = new Map<string, Entry>(under.entries);
  for (const [name, entry] of over.entries) {
    const value = deepMerge(entries.get(name)?.value, entry.value);
    entries.set(name, value === entry.value ? entry : { key: entry.key, value });
  }
  return mapNode(entries, over);
}

/** The same map without some keys. */
export function without(map: MapNode, ...names: string[]): MapNode {
  if (!names.some((name) => map.entries.has(name))) return map;
  const entries = new Map(map.entries);
  for (const name of names) entries.delete(name);
  return mapNode(entries, map);
}
