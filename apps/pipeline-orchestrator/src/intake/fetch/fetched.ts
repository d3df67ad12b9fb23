import type { ComponentFacts } from '@crosstie/ci-config';

/** What became of one thing that the compiler asked for. */
export type Fetched =
  | { readonly kind: 'text'; readonly text: string; readonly facts?: ComponentFacts }
  /** It is not there; the compiler has the sentence for that. */
  | { readonly kind: 'missing' }
  | { readonly kind: 'fault'; readonly why: string; readonly isAbsent: boolean };

export const missing: Fetched = { kind: 'missing' };

/** @param isAbsent whoever keeps the file was asked and has none of that name */
export function fault(why: string, isAbsent = false): Fetched {
  return { kind: 'fault', why, isAbsent };
}

/** A file's bytes as the text that they must be. */
export function asText(bytes: Buffer, name: string): Fetched {
  try {
    return { kind: 'text', text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch {
    return fault(`${name} is not a text in UTF-8!`);
  }
}

/** A list of names that cannot be had for a reason that a person can do something about. */
export class NamesFault extends Error {
  override readonly name = 'NamesFault';
}

/** GitHub does not show the commit, or not yet: shortly after a push that is its replication. */
export class NotVisibleYet extends Error {
  override readonly name = 'NotVisibleYet';
}

/** Text of a person's inside a sentence: marked, cut, and on one line. */
export function quoted(text: string): string {
  const plain = text.replace(/[\p{Cc}\p{Cf}]/gu, '\uFFFD');
  return `\`${plain.length > 100 ? `${plain.slice(0, 99)}…` : plain}\``;
}
