const REPLACEMENT = '\uFFFD';

/**
 * Text from outside as PostgreSQL and JSON can hold it: NUL and lone surrogates become the
 * replacement character, and what is longer than `bytesMax` in UTF-8 is cut between characters.
 */
export function cleanText(text: string, bytesMax: number): string {
  // Cut first: replacing in a text of megabytes only to throw most of it away would cost time.
  const whole = text.slice(0, bytesMax).replaceAll('\0', REPLACEMENT);
  const bytes = Buffer.from(whole, 'utf8');
  if (bytes.length <= bytesMax) return bytes.toString('utf8');
  let end = bytesMax;
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return bytes.subarray(0, end).toString('utf8');
}
