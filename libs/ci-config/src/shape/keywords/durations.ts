import { quote } from '../../findings.js';
import { isString } from '../../nodes.js';
import { parseDuration } from '../duration.js';
import { shape, type Shape } from '../shape.js';

/** A duration as text, in whole seconds; exactly the limit still passes. */
export function duration(maxSeconds: number): Shape<number> {
  return shape(
    'a duration',
    (node, spot) => {
      if (!isString(node)) return spot.fault('duration', `should be a duration in quotes, as \`"1 hour"\``, node);
      const seconds = parseDuration(node.value);
      if (seconds === null)
        return spot.fault('duration', `should be a duration, as \`1h 30m\`, not ${quote(node.value)}`, node);
      if (seconds > maxSeconds) {
        return spot.fault(
          'duration',
          `should not exceed the limit of ${maxSeconds} seconds, and ${quote(node.value)} does`,
          node,
        );
      }
      return seconds;
    },
    { type: 'string', pattern: '[0-9A-Za-z]' },
  );
}
