/** How many characters a text has, counted as Ruby counts them: code points, not bytes or halves. */
export function charCount(text: string): number {
  return Array.from(text).length;
}
