import { describe, expect, it } from '@jest/globals';

import { EventStore, readEvent, type StaleKey } from './event-store.js';

function store() {
  const stale: (readonly StaleKey[])[] = [];
  const traces: [number, number][] = [];
  return {
    stale,
    traces,
    events: new EventStore(
      (keys) => stale.push(keys),
      (job, size) => traces.push([job, size]),
    ),
  };
}

const changed = JSON.stringify({ type: 'pipeline.changed', project_id: 1, pipeline_id: 5, status: 'running' });

describe('the events of a page', () => {
  it('say once what a hundred events made stale', () => {
    const { events, stale } = store();
    for (let i = 0; i < 100; i += 1) events.accept(changed, String(i));
    events.flush();
    events.flush();
    expect(stale).toEqual([[['pipelines', 1], ['pipeline', 5], ['projects'], ['deliveries']]]);
  });

  it('go on from the last id after a break', () => {
    const { events } = store();
    events.opened();
    events.accept(changed, '41');
    events.accept('{"type":"trace.grown","job_id":3,"size":10}', '');
    events.broke();
    expect(events.state()).toMatchObject({ connection: 'reconnecting', lastEventId: '41' });
    events.opened();
    expect(events.state().connection).toBe('live');
  });

  it('make everything stale when the stream could not resume', () => {
    const { events, stale } = store();
    events.accept(changed, '1');
    events.accept('{"type":"reset"}', '9');
    events.flush();
    expect(stale).toEqual([[[]]]);
  });

  it('make everything stale when the page was read before the stream stood', () => {
    const { events, stale } = store();
    events.opened();
    events.flush();
    expect(stale).toEqual([[[]]]);
    events.at('7');
    events.broke();
    events.opened();
    events.flush();
    expect(stale).toHaveLength(1);
  });

  it('tell of a log only how long it is at the end of the batch', () => {
    const { events, traces } = store();
    for (const size of [10, 30, 20]) events.accept(`{"type":"trace.grown","job_id":3,"size":${size}}`, '');
    events.flush();
    expect(traces).toEqual([[3, 30]]);
  });

  it('are announced when a pipeline ends and not while it moves', () => {
    const { events } = store();
    events.accept(changed, '1');
    expect(events.state().said).toBe('');
    events.accept(JSON.stringify({ type: 'pipeline.changed', project_id: 1, pipeline_id: 5, status: 'failed' }), '2');
    expect(events.state().said).toBe('Pipeline 5 failed');
  });

  it.each(['', 'no JSON', '3', 'null', '{}', '{"type":"from.the.future"}'])('are unharmed by %j', (data) => {
    expect(readEvent(data)).toBeNull();
    const { events, stale } = store();
    events.accept(data, '');
    events.flush();
    expect(stale).toEqual([]);
  });
});
