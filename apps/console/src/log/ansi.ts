/** A colour of the terminal: one of the sixteen named ones, or a fixed one as #rrggbb. */
export type Colour = number | `#${string}`;

/** How text of a log looks. What is not set is the default. */
export interface Style {
  readonly foreground?: Colour;
  readonly background?: Colour;
  readonly bold?: true;
  readonly faint?: true;
  readonly italic?: true;
  readonly underline?: true;
  readonly strike?: true;
  readonly inverse?: true;
}

/** A run of text in one style. Only ever shown as a text node. */
export interface Span {
  readonly text: string;
  readonly style: Style;
}

export const plainStyle: Style = {};

/** Past so many changes of style the rest of a line is shown in one. */
export const spansPerLineMax = 2000;

/**
 * Escape sequences: CSI, finished OSC (titles, clipboard, links: dropped, so that a link is inert), and
 * any other lone escape. An OSC without an end loses only its introducer, so it cannot hide what follows.
 */
const escapes =
  // oxlint-disable-next-line no-control-regex -- these are the control characters that are looked for
  /\u001b\[([0-?]*)([ -/]*)([@-~])|\u001b\][^\u0007\u001b]{0,2000}(?:\u0007|\u001b\\)|\u001b[ -/]{0,4}[0-Z\\^-~]?/g;

/**
 * Splits one line into runs of text by its colour codes and drops every other escape sequence.
 *
 * @param before the style that the line before ended in: a colour lasts until it is reset
 */
export function parseAnsi(line: string, before: Style): { spans: Span[]; after: Style } {
  const spans: Span[] = [];
  let style = before;
  let at = 0;
  for (const found of line.matchAll(escapes)) {
    addText(spans, line.slice(at, found.index), style);
    at = found.index + found[0].length;
    if (found[3] === 'm' && found[2] === '') style = applySgr(found[1] ?? '', style);
  }
  addText(spans, line.slice(at), style);
  return { spans, after: style };
}

function addText(spans: Span[], raw: string, style: Style): void {
  if (raw === '') return;
  const text = showControls(raw);
  const last = spans.at(-1);
  if (last && (sameStyle(last.style, style) || spans.length >= spansPerLineMax)) {
    spans[spans.length - 1] = { text: last.text + text, style: last.style };
  } else {
    spans.push({ text, style });
  }
}

const pictured =
  // oxlint-disable-next-line no-control-regex -- these are the control characters that are looked for
  /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/**
 * Control characters become their pictures, and those that reorder text (right-to-left overrides and
 * the like) the replacement character: what a log says must not differ from what it shows.
 */
export function showControls(text: string): string {
  return text.replaceAll(pictured, (c) => {
    const code = c.charCodeAt(0);
    if (code < 0x20) return String.fromCharCode(0x2400 + code);
    return code === 0x7f ? '\u2421' : '\ufffd';
  });
}

const styleKeys = [
  'foreground',
  'background',
  'bold',
  'faint',
  'italic',
  'underline',
  'strike',
  'inverse',
] as const satisfies readonly (keyof Style)[];

/** Whether two styles look the same. */
export function sameStyle(a: Style, b: Style): boolean {
  return a === b || styleKeys.every((key) => a[key] === b[key]);
}

/** The style after one `ESC [ … m`. Unknown codes change nothing. */
export function applySgr(parameters: string, before: Style): Style {
  const codes = parameters.split(/[;:]/).map((code) => (code === '' ? 0 : Number(code)));
  let style = before;
  for (let i = 0; i < codes.length; i += 1) {
    const code = codes[i] ?? 0;
    if (code === 38 || code === 48) {
      const { colour, used } = extendedColour(codes.slice(i + 1));
      i += used;
      if (colour !== null) style = withColour(style, code === 38 ? 'foreground' : 'background', colour);
    } else {
      style = applyCode(code, style);
    }
  }
  return style;
}

function applyCode(code: number, style: Style): Style {
  if (code === 0) return plainStyle;
  if (code >= 30 && code <= 37) return withColour(style, 'foreground', code - 30);
  if (code >= 90 && code <= 97) return withColour(style, 'foreground', code - 90 + 8);
  if (code >= 40 && code <= 47) return withColour(style, 'background', code - 40);
  if (code >= 100 && code <= 107) return withColour(style, 'background', code - 100 + 8);
  const set = setBy[code];
  if (set) return { ...style, [set]: true };
  const cleared = clearedBy[code];
  return cleared ? without(style, cleared) : style;
}

const setBy: Readonly<Record<number, keyof Style>> = {
  1: 'bold',
  2: 'faint',
  3: 'italic',
  4: 'underline',
  7: 'inverse',
  9: 'strike',
};

const clearedBy: Readonly<Record<number, readonly (keyof Style)[]>> = {
  22: ['bold', 'faint'],
  23: ['italic'],
  24: ['underline'],
  27: ['inverse'],
  29: ['strike'],
  39: ['foreground'],
  49: ['background'],
};

function withColour(style: Style, key: 'foreground' | 'background', colour: Colour): Style {
  return { ...style, [key]: colour };
}

function without(style: Style, keys: readonly (keyof Style)[]): Style {
  return Object.fromEntries(Object.entries(style).filter(([key]) => !keys.includes(key as keyof Style)));
}

/** `5;n` (256 colours) or `2;r;g;b`, and how many codes it took. */
function extendedColour(codes: readonly number[]): { colour: Colour | null; used: number } {
  if (codes[0] === 5) return { colour: indexedColour(codes[1]), used: 2 };
  if (codes[0] === 2) return { colour: rgb(codes[1], codes[2], codes[3]), used: 4 };
  return { colour: null, used: 1 };
}

function indexedColour(index: number | undefined): Colour | null {
  if (index === undefined || !Number.isInteger(index) || index < 0 || index > 255) return null;
  if (index < 16) return index;
  if (index >= 232) {
    const grey = 8 + (index - 232) * 10;
    return rgb(grey, grey, grey);
  }
  const level = (step: number) => (step === 0 ? 0 : 55 + step * 40);
  const cube = index - 16;
  return rgb(level(Math.floor(cube / 36)), level(Math.floor(cube / 6) % 6), level(cube % 6));
}

function rgb(...parts: (number | undefined)[]): Colour | null {
  const bytes = parts.map((part) =>
    part !== undefined && Number.isInteger(part) && part >= 0 && part <= 255 ? part : -1,
  );
  if (bytes.includes(-1)) return null;
  return `#${bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}
