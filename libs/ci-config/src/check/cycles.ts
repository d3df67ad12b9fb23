/**
 * One cycle of a graph as the list of its nodes with the first repeated at the end, or null. Walks
 * with its own stack: chains of needs may be as long as there are jobs.
 */
export function findCycle(graph: ReadonlyMap<string, readonly string[]>): string[] | null {
  const done = new Set<string>();
  for (const start of graph.keys()) {
    const cycle = done.has(start) ? null : walk(start, graph, done);
    if (cycle) return cycle;
  }
  return null;
}

function walk(start: string, graph: ReadonlyMap<string, readonly string[]>, done: Set<string>): string[] | null {
  const path: string[] = [start];
  const onPath = new Set(path);
  const pending: Iterator<string>[] = [(graph.get(start) ?? []).values()];
  while (pending.length > 0) {
    const next = pending.at(-1)?.next();
    if (next === undefined || next.done === true) {
      const left = path.pop();
      pending.pop();
      if (left !== undefined) {
        onPath.delete(left);
        done.add(left);
      }
    } else if (onPath.has(next.value)) {
      return [...path.slice(path.indexOf(next.value)), next.value];
    } else if (!done.has(next.value)) {
      path.push(next.value);
      onPath.add(next.value);
      pending.push((graph.get(next.value) ?? []).values());
    }
  }
  return null;
}
