import { parseDuration } from './duration.js';

describe('a duration', () => {
  it.each([
    ['90', 90],
    ['1h', 3_600],
    ['1m', 60],
    ['1mo', 2_592_000],
    ['2h20min', 8_400],
    ['1h 30m', 5_400],
    ['3 hours and 30 minutes', 12_600],
    ['1 day, 2 hrs', 93_600],
    ['one week', 604_800],
    ['twenty five minutes', 1_500],
    ['1.5 hours', 5_400],
    ['1:30', 90],
    ['1:00:00', 3_600],
    ['1 yr', 31_557_600],
    ['1 month', 2_592_000],
    ['2 hours 3', 7_203],
    ['h', 3_600],
    ['1 2', 2],
    ['forty-two minutes', 2_520],
    ['1:30 min', 1_860],
    ['1.5:30', 120],
  ])('%j is %d seconds', (text, seconds) => {
    expect(parseDuration(text)).toBe(seconds);
  });

  it.each(['', '0', 'soon', '-5', 'half an hour', '5 parsecs', 'a day', '1h ,', '1h!', 'x'.repeat(1_000), '0 hours'])(
    '%j is none',
    (text) => {
      expect(parseDuration(text)).toBeNull();
    },
  );
});
