import { describe, expect, it } from '@jest/globals';

import { buildGraph, GraphError, type GraphJobInput } from './index.js';
import { graphOf, namesOf } from './testing/pipelines.js';

function job(name: string, more: Partial<GraphJobInput> = {}): GraphJobInput {
  return { name, stage: 'test', when: 'on_success', allowFailure: false, needs: null, ...more };
}

describe('building the graph of a pipeline', () => {
  it('knows jobs, stages and needs by index', () => {
    const graph = buildGraph(
      ['build', 'test'],
      [
        job('compile', { stage: 'build', allowFailure: true }),
        job('unit', { needs: [{ job: 'compile', optional: false }], when: 'always', allowFailure: [3] }),
      ],
    );
    expect(graph.jobs).toEqual([
      { name: 'compile', stage: 0, when: 'on_success', allowFailure: true, needs: null },
      { name: 'unit', stage: 1, when: 'always', allowFailure: [3], needs: [0] },
    ]);
  });

  it('orders jobs stage by stage and the needed before the needing', () => {
    const graph = graphOf({
      build: { stage: 'build' },
      last: { needs: ['middle'] },
      middle: { needs: ['first'] },
      first: { needs: ['build'] },
      other: {},
    });
    expect(namesOf(graph, graph.order)).toEqual(['build', 'first', 'middle', 'last', 'other']);
  });

  it('orders stages as given, whatever the order of the jobs', () => {
    const graph = buildGraph(
      ['.pre', 'build', '.post'],
      [job('clean', { stage: '.post' }), job('make', { stage: 'build' }), job('check', { stage: '.pre' })],
    );
    expect(namesOf(graph, graph.order)).toEqual(['check', 'make', 'clean']);
  });

  it('leaves out an optional need that is not in the pipeline', () => {
    const graph = buildGraph(
      ['test'],
      [job('a'), job('b', { needs: ['gone', 'a'].map((name) => ({ job: name, optional: true })) })],
    );
    expect(graph.jobs[1]?.needs).toEqual([0]);
  });

  it('keeps an empty list of needs apart from none', () => {
    const graph = graphOf({ a: { needs: [] }, b: { needs: null } });
    expect(graph.jobs.map((one) => one.needs)).toEqual([[], null]);
  });

  it('counts a need that is named twice once', () => {
    const graph = graphOf({ a: {}, b: { needs: ['a', 'a'] } });
    expect(graph.jobs[1]?.needs).toEqual([0]);
  });

  it('takes a chain of two thousand needs', () => {
    const jobs = Array.from({ length: 2000 }, (_, n) =>
      job(`j${n}`, { needs: n === 1999 ? [] : [{ job: `j${n + 1}`, optional: false }] }),
    );
    const graph = buildGraph(['test'], jobs);
    expect(graph.order.slice(0, 3)).toEqual([1999, 1998, 1997]);
  });

  it('keeps what a job rarely has out of the graphs of those that have none of it', () => {
    const rule = { max: 2, when: ['always'], exitCodes: [] };
    const more = { retry: rule, startInS: 60, usesResource: true };
    const none = { retry: { ...rule, max: 0 }, startInS: null, usesResource: false };
    const graph = buildGraph(['test'], [job('a', more), job('b', none)], { cancelsOnFailure: true });
    expect(graph.jobs[0]).toMatchObject(more);
    expect(Object.keys(graph.jobs[1] ?? {})).toEqual(['name', 'stage', 'when', 'allowFailure', 'needs']);
    expect(graph.cancelsOnFailure).toBe(true);
    expect(graphOf({ a: {} })).not.toHaveProperty('cancelsOnFailure');
  });

  const faults: readonly [string, readonly GraphJobInput[], string][] = [
    ['a need that is not there', [job('a', { needs: [{ job: 'x', optional: false }] })], 'a needs x'],
    ['an unknown stage', [job('a', { stage: 'deploy' })], 'unknown stage deploy'],
    ['a when that cannot be carried', [job('a', { when: 'sometimes' })], 'when: sometimes'],
    ['a job that needs itself', [job('a', { needs: [{ job: 'a', optional: false }] })], 'a and a need each other'],
    ['two jobs of one name', [job('a'), job('a')], 'same name'],
    [
      'a circle',
      [job('a', { needs: [{ job: 'b', optional: false }] }), job('b', { needs: [{ job: 'a', optional: false }] })],
      'need each other',
    ],
    [
      'a need in a later stage',
      [job('a', { stage: 'build', needs: [{ job: 'b', optional: false }] }), job('b')],
      'later stage',
    ],
  ];

  it.each(faults)('refuses %s', (_, jobs, message) => {
    const build = () => buildGraph(['build', 'test'], jobs);
    expect(build).toThrow(GraphError);
    expect(build).toThrow(message);
  });
});
