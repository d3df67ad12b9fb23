import type { ScalarNode, ScalarValue } from '../nodes.js';

export interface ResolvedScalar {
  type: ScalarNode['type'];
  value: ScalarValue;
  text: string;
}

const INTEGER = /^(?:[-+]?0[_0-7,]+|[-+]?0b[01_,]+|[-+]?0x[0-9a-fA-F_,]+|[-+]?(?:0|[1-9](?:[0-9]|,[0-9]|_[0-9])*))$/;
const FLOAT = /^(?:[-+]?(?:[0-9][0-9_,]*)?\.[0-9]*(?:[eE][+-][0-9]+)?)$/;
const BASE_60_INTEGER = /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9]){1,2}$/;
const BASE_60_FLOAT = /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9]){1,2}\.[0-9_]*$/;
const DATE = /^\d{4}-(?:1[012]|0\d|\d)-(?:[12]\d|3[01]|0\d|\d)$/;
const TIME = /^-?\d{4}-\d{1,2}-\d{1,2}(?:[Tt]|\s+)\d{1,2}:\d\d:\d\d(?:\.\d*)?(?:\s*(?:Z|[-+]\d{1,2}:?(?:\d\d)?))?$/;
const BOOLEAN = new Map([
  ['yes', true],
  ['true', true],
  ['on', true],
  ['no', false],
  ['false', false],
  ['off', false],
]);

/**
 * What Ruby's YAML library makes of a plain scalar: YAML 1.1 with its own turns (commas in numbers,
 * base 60, octal with a leading zero, symbols). Returns the class name for dates and times, which
 * GitLab refuses to load.
 */
export function resolvePlain(source: string): ResolvedScalar | 'Date' | 'Time' {
  if (source === '' || source === '~' || (source.length === 4 && /^null$/i.test(source)))
    return { type: 'null', value: null, text: '' };
  const first = source.charCodeAt(0);
  const isDigitOrSign = (first >= 48 && first <= 57) || first === 43 || first === 45 || first === 46;
  if (!isDigitOrSign) return resolveWord(source);
  return resolveNumber(source) ?? string(source);
}

/** Certainly a text: it begins as no number, boolean, null or symbol does. May be false for a text, too. */
export function isPlainText(source: string): boolean {
  const first = source.charCodeAt(0);
  return (first >= 97 ? first <= 122 : first >= 65 && first <= 90) && !MAY_BE_MORE.has(first | 32);
}

const MAY_BE_MORE = new Set([...'ytonf'].map((letter) => letter.charCodeAt(0)));

export function string(text: string): ResolvedScalar {
  return { type: 'string', value: text, text };
}

function resolveWord(source: string): ResolvedScalar {
  const truth = source.length <= 5 ? BOOLEAN.get(source.toLowerCase()) : undefined;
  if (truth !== undefined) return { type: 'boolean', value: truth, text: String(truth) };
  if (source.charCodeAt(0) === 58 && source.length > 1) return string(symbolText(source));
  return string(source);
}

/** `:word` and `:"word"` are symbols in Ruby and become the text without the colon. */
function symbolText(source: string): string {
  if (/^:\s/.test(source)) return source;
  const body = source.slice(1);
  const quoted = /^(["'])(.*)\1$/s.exec(body);
  return quoted?.[2] ?? body;
}

function resolveNumber(source: string): ResolvedScalar | 'Date' | 'Time' | undefined {
  if (DATE.test(source)) return isCalendarDate(source) ? 'Date' : undefined;
  if (TIME.test(source)) return 'Time';
  if (/^[-+]?\.inf$/i.test(source)) {
    const value = source.startsWith('-') ? -Infinity : Infinity;
    return { type: 'float', value, text: value > 0 ? 'Infinity' : '-Infinity' };
  }
  if (/^\.nan$/i.test(source)) return { type: 'float', value: Number.NaN, text: 'NaN' };
  if (INTEGER.test(source)) return resolveInteger(source);
  if (BASE_60_INTEGER.test(source)) return integer(BigInt(base60(source)));
  if (BASE_60_FLOAT.test(source)) return float(base60(source));
  if (FLOAT.test(source) && /\d/.test(source)) return float(Number(source.replace(/[_,]/g, '')));
  return undefined;
}

function isCalendarDate(source: string): boolean {
  const [year = 0, month = 0, day = 0] = source.split('-').map(Number);
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

function resolveInteger(source: string): ResolvedScalar | undefined {
  const digits = source.replace(/[_,]/g, '');
  const sign = digits.startsWith('-') ? -1n : 1n;
  const body = digits.replace(/^[-+]/, '');
  if (/^0[0-7]+$/.test(body)) return integer(sign * BigInt(`0o${body.slice(1)}`));
  if (!/^(?:0b[01]+|0x[0-9a-fA-F]+|\d+)$/.test(body)) return undefined;
  if (body.length > 4_000) return undefined;
  return integer(sign * BigInt(body));
}

function integer(value: bigint): ResolvedScalar {
  return { type: 'integer', value: Number(value), text: String(value) };
}

/** Ruby reads `h:m` as hours and minutes, so one colon is worth 3600 and 60; a sign binds to the first part alone. */
function base60(source: string): number {
  const scale = [3600, 60, 1];
  return source
    .replaceAll('_', '')
    .split(':')
    .reduce((sum, part, index) => sum + Number(part) * (scale[index] ?? 0), 0);
}

function float(value: number): ResolvedScalar {
  return { type: 'float', value, text: rubyFloat(value) };
}

/** A floating point number as Ruby's `to_s` prints it: always with a point, an exponent from 1e16 on. */
export function rubyFloat(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity';
  if (Object.is(value, -0)) return '-0.0';
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e16 || size < 1e-4)) {
    const [mantissa = '', exponent = ''] = value.toExponential().split('e');
    const digits = Number(exponent);
    const sign = digits < 0 ? '-' : '+';
    return `${mantissa.includes('.') ? mantissa : `${mantissa}.0`}e${sign}${String(Math.abs(digits)).padStart(2, '0')}`;
  }
  const text = size >= 1e21 ? BigInt(value).toString() : String(value);
  return text.includes('.') ? text : `${text}.0`;
}
