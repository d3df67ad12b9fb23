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
const TOKEN = /(\d+(?:\.\d+)?|\.\d+)|([a-z]+)|([\s,]+)|(.)/gy;

/**
 * Reads a duration as people write it for GitLab: `1h 30m`, `2 hours and 5 min`, `90`, `1:30`.
 * Whole seconds, or null when the text is none. Zero is none.
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
  const source = text.trim().toLowerCase();
  if (source === '' || source.length > 200) return null;
  const seconds = /^\d+(?::\d+){1,5}$/.test(source) ? clock(source) : words(source);
  return seconds === null || seconds <= 0 ? null : Math.round(seconds);
}

function clock(source: string): number | null {
  const scale = [1, 60, 3_600, 86_400, 2_592_000, 31_557_600];
  return source
    .split(':')
    .reverse()
    .reduce((sum, part, index) => sum + Number(part) * (scale[index] ?? 0), 0);
}

function words(source: string): number | null {
  const tokens = tokenize(source);
  if (tokens === null) return null;
  let total = 0;
  for (let index = 0; index < tokens.length; index++) {
    const token = tokens[index];
    if (typeof token !== 'number') return null;
    const unit = tokens[index + 1];
    if (typeof unit === 'number') return null;
    const seconds = unit === undefined ? 1 : UNITS.get(unit);
    if (seconds === undefined) return null;
    total += token * seconds;
    index += 1;
  }
  return tokens.length === 0 ? null : total;
}

function tokenize(source: string): (number | string)[] | null {
  const tokens: (number | string)[] = [];
  for (const [, digits, word, space] of source.matchAll(TOKEN)) {
    if (space !== undefined) continue;
    if (digits !== undefined) tokens.push(Number(digits));
    else if (word === undefined) return null;
    else if (!JOINING.has(word)) pushWord(tokens, word);
  }
  return tokens;
}

function pushWord(tokens: (number | string)[], word: string): void {
  const ten = TENS.indexOf(word);
  const one = ONES.indexOf(word);
  if (ten > 1) tokens.push(ten * 10);
  else if (one === -1) tokens.push(word === 'a' || word === 'an' ? 1 : word);
  else addOne(tokens, one);
}

/** `twenty five` is one number, `two` is another. */
function addOne(tokens: (number | string)[], one: number): void {
  const last = tokens.at(-1);
  if (typeof last === 'number' && last >= 20 && last % 10 === 0 && one > 0 && one < 10)
    tokens[tokens.length - 1] = last + one;
  else tokens.push(one);
}
