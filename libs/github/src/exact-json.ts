type Reviver = (this: unknown, key: string, value: unknown, context: { source?: string }) => unknown;

// The third argument is in the engine and not yet in the types.
const parseWithSource = JSON.parse as (text: string, reviver: Reviver) => unknown;

/** Parses JSON; an integer that a number cannot hold exactly, such as a delivery's id, becomes its text. */
export function parseExactly(text: string): unknown {
  if (!/\d{16}/.test(text)) return JSON.parse(text);
  return parseWithSource(text, (_key, value, { source }) =>
    typeof value === 'number' && !Number.isSafeInteger(value) && source !== undefined && /^-?\d+$/.test(source)
      ? source
      : value,
  );
}
