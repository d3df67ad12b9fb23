const valuesMax = 2_000;
const lengthMin = 8;
const values = new Set<string>();

/**
 * Has this exact text, also as base64 and as it stands inside JSON, replaced in every later log line. The newest
 * two thousand are remembered; a text shorter than 8 characters is ignored, it would cut words to pieces.
 */
export function redactValue(text: string): void {
  if (text.length < lengthMin) return;
  for (const form of new Set([text, JSON.stringify(text).slice(1, -1), Buffer.from(text).toString('base64')])) {
    values.delete(form);
    values.add(form);
  }
  for (const oldest of values) {
    if (values.size <= valuesMax) break;
    values.delete(oldest);
  }
}

/** The text without the values told to `redactValue`. */
export function withoutSecrets(text: string): string {
  let clean = text;
  for (const value of values) {
    if (clean.includes(value)) clean = clean.replaceAll(value, '[secret]');
  }
  return clean;
}
