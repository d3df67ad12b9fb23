/** Seconds in each unit that GitLab's durations know; a month has 30 days, a year 365.25. */
const UNITS = new Map<string, number>();
const spelled: [number, string][] = [
  [1, 's sec secs second seconds'],
  [60, 'm min mins minute minutes'],
  [3_600, 'h hr hrs hour hours'],
  [86_400, 'd dy day days'],
  [604_800, 'w wk wks week weeks'],
  [2_592_000, 'mo mos month months'],
  [31_557_600, 'y yr yrs year years'],
];
for (const [seconds, words] of spelled) for (const word of words.split(' ')) UNITS.set(word, seconds);

const ONES =
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'.split(
    ' ',
  );
const TENS = '_ _ twenty thirty forty fifty sixty seventy eighty ninety'.split(' ');
const JOINING = new Set(['and', 'with', 'plus']);
const NUMBER = /[0-9]*\.?[0-9]+/g;
const CLOCK = /[0-9](?::\.?[0-9])/;
const CLOCK_UNITS = ['seconds', 'minutes', 'hours', 'days', 'months', 'years'];

/**
 * Reads a duration as people write it for GitLab: `1h 30m`, `2 hours and 5 min`, `90`, `1:30`, `day`.
 * Whole seconds, or null when the text is none. Zero is none, and so is every word that is not known.
 */
export function parseDuration(text: string): number | null {
  const known = cache.get(text);
  if (known !== undefined) return known;
  const seconds = parse(text);
  if (cache.size >= 500) cache.clear();
  if (text.length <= 100) cache.set(text, seconds);
  return seconds;
}

const cache = new Map<string, number | null>();

function parse(text: string): number | null {
  if (text.length > 200) return null;
  const source = clockAsWords(numerals(text.toLowerCase()));
  const words = source
    ?.replace(NUMBER, (number) => ` ${number} `)
    .split(/\s+/)
    .filter((word) => word !== '');
  const tokens = words && known(words);
  if (!tokens) return null;
  const total = tokens.reduce<number>(
    (sum, token, at) => (typeof token === 'number' ? sum + token * unitAfter(tokens, at) : sum),
    0,
  );
  return total > 0 ? Math.round(total) : null;
}

/** Number words as digits: `two`, `twenty five`, `forty-two`. The article is none: `a day` is no duration. */
function numerals(text: string): string {
  const isNumeral = (word: string) => ONES.includes(word) || TENS.indexOf(word) > 1;
  return text.replace(/([a-z])-(?=[a-z])/g, '$1 ').replace(/(?<!\w)[a-z]+(?!\w)(?: +[a-z]+(?!\w))*/g, (run) => {
    const words = run.split(/ +/);
    const read: string[] = [];
    for (let at = 0; at < words.length; at++) {
      const word = words[at] ?? '';
      const next = ONES.indexOf(words[at + 1] ?? '');
      const ten = TENS.indexOf(word);
      if (!isNumeral(word)) read.push(word);
      else if (ten > 1 && next > 0 && next < 10) {
        read.push(String(ten * 10 + next));
        at += 1;
      } else read.push(String(ten > 1 ? ten * 10 : ONES.indexOf(word)));
    }
    return read.join(' ');
  });
}

/** `1:30` as `1 minutes 30 seconds`; null with more colons than there are units. */
function clockAsWords(text: string): string | null {
  const packed = text.replaceAll(' ', '');
  if (!CLOCK.test(packed)) return text;
  const parts = packed.split(':').reverse();
  if (parts.length > CLOCK_UNITS.length) return null;
  return parts
    .map((part, index) => `${part} ${CLOCK_UNITS[index]}`)
    .reverse()
    .join(' ');
}

/** The words as numbers and units; null when one is neither. A unit in front stands for one of it. */
function known(words: readonly string[]): (number | string)[] | null {
  const tokens: (number | string)[] = [];
  for (const word of words) {
    const bare = word.replace(/^,|,$/g, '');
    if (/^[0-9]*\.?[0-9]+$/.test(word)) tokens.push(Number(word));
    else if (UNITS.has(bare)) tokens.push(bare);
    else if (!JOINING.has(bare)) return null;
  }
  return typeof tokens[0] === 'string' ? [1, ...tokens] : tokens;
}

/** A number without a unit counts seconds at the end, and nothing before another number. */
function unitAfter(tokens: readonly (number | string)[], at: number): number {
  const unit = tokens[at + 1];
  if (unit === undefined) return 1;
  return typeof unit === 'string' ? (UNITS.get(unit) ?? 0) : 0;
}
