/** `scope[]=a&scope[]=b`, `scope=a&scope=b` and `scope=a` as a list. */
export function asList(value: unknown): unknown {
  if (value === undefined || value === '') return undefined;
  return Array.isArray(value) ? value : [value];
}

/** A moment of ISO 8601 within the years that have four digits, or what was given, to be refused. */
export function asMoment(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  const moment = new Date(value);
  const year = moment.getUTCFullYear();
  return year >= 1 && year <= 9999 ? moment : value;
}
