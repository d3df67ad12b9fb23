import { findCycle } from './cycles.js';

const graph = (edges: Record<string, string[]>) => new Map(Object.entries(edges));

describe('looking for a cycle', () => {
  it('finds none in a net that only joins again', () => {
    expect(findCycle(graph({ a: ['b', 'c'], b: ['d'], c: ['d'], d: [] }))).toBeNull();
  });

  it('names the cycle and not the way to it', () => {
    expect(findCycle(graph({ a: ['b'], b: ['c'], c: ['d'], d: ['b'] }))).toEqual(['b', 'c', 'd', 'b']);
  });

  it('finds one that needs itself, and ignores names that are nowhere', () => {
    expect(findCycle(graph({ a: ['nowhere', 'a'] }))).toEqual(['a', 'a']);
  });

  it('walks a chain of a hundred thousand', () => {
    const edges = Array.from({ length: 100_000 }, (_, i): [string, string[]] => [`j${i}`, [`j${i + 1}`]]);
    expect(findCycle(new Map(edges))).toBeNull();
  });
});
