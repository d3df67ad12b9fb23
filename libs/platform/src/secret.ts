import { createHash, timingSafeEqual } from 'node:crypto';
import { inspect } from 'node:util';

const shown = '[secret]';

/** A text that must not be printed: it shows itself as `[secret]` everywhere but in `reveal()`. */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** The text itself. Call it where the text is used, never to store it in another variable for later. */
  reveal(): string {
    return this.#text;
  }

  /** Compares in constant time; digests are compared, so that the lengths may differ. */
  static equals(a: Secret, b: Secret): boolean {
    return timingSafeEqual(digest(a.#text), digest(b.#text));
  }

  toString(): string {
    return shown;
  }

  toJSON(): string {
    return shown;
  }

  [inspect.custom](): string {
    return shown;
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
