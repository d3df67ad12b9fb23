import { afterEach, describe, expect, it } from '@jest/globals';
import { ConnectionDropped, FaultInjected, armFaults, faultHits, faultPoint } from './fault-points.js';

describe('a fault point', () => {
  afterEach(() => armFaults(''));

  it('does nothing but count while it is not armed', async () => {
    await faultPoint('gateway.before_insert');
    await faultPoint('gateway.before_insert');
    expect(faultHits().get('gateway.before_insert')).toBe(2);
  });

  it('acts on the hit that it is armed for, and only there', async () => {
    armFaults('gateway.before_insert=throw@2,status.after_post=drop');
    await faultPoint('gateway.before_insert');
    expect(() => faultPoint('gateway.before_insert')).toThrow(FaultInjected);
    await faultPoint('gateway.before_insert');
    expect(() => faultPoint('status.after_post')).toThrow(ConnectionDropped);
  });

  it('delays for as long as it is told', async () => {
    armFaults('trace.after_append=delay:20');
    const before = performance.now();
    await faultPoint('trace.after_append');
    expect(performance.now() - before).toBeGreaterThanOrEqual(19);
  });

  it.each(['nowhere=kill', 'gateway.before_insert=explode', 'gateway.before_insert', 'gateway.before_insert=kill@x'])(
    'refuses %s',
    (text) => {
      expect(() => armFaults(text)).toThrow(RangeError);
    },
  );
});
