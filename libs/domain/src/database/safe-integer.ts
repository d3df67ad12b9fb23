/** Reads a bigint of the driver as a number; refuses what a number cannot hold exactly. */
export function readSafeInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`The database holds an id that is no safe integer: ${text}`);
  return value;
}

/** Column transformer for bigint columns: numbers in code, bigints in the database. */
export const safeInteger = {
  from: (value: string | number | null): number | null =>
    value === null || typeof value === 'number' ? value : readSafeInteger(value),
  to: (value: number | null | undefined): number | null | undefined => value,
};
