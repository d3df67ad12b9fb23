export type Fields = Readonly<Record<string, unknown>>;

/** Reading what GitHub sent without believing its shape: each function answers null instead of throwing. */
export function fieldsIn(value: unknown): Fields | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : null;
}

export function listIn(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** PostgreSQL stores neither NUL nor half of a surrogate pair in a text, so they are replaced here. */
export function textIn(value: unknown): string | null {
  return typeof value === 'string' ? value.replace(/[\0\p{Surrogate}]/gu, '\uFFFD') : null;
}

export function idIn(value: unknown): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : null;
}

export function flagIn(value: unknown): boolean {
  return value === true;
}

export function timeIn(value: unknown): Date | null {
  const time = typeof value === 'number' ? value * 1000 : typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(time) ? null : new Date(time);
}

export function permissionsIn(value: unknown): Record<string, string> {
  const entries = Object.entries(fieldsIn(value) ?? {});
  return Object.fromEntries(entries.flatMap(([name, level]) => (typeof level === 'string' ? [[name, level]] : [])));
}
