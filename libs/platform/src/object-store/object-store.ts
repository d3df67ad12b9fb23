import { createHash, randomUUID } from 'node:crypto';
import { Transform, type Readable } from 'node:stream';

/** What was put: its size and digest, counted while it passed. */
export interface StoredObject {
  readonly size: number;
  readonly sha256: Buffer;
}

/** There is no object of that key. */
export class ObjectMissing extends Error {
  constructor(readonly key: string) {
    super(`There is no object ${key}`);
    this.name = 'ObjectMissing';
  }
}

/**
 * Where logs and artifacts lie. An object is there whole or not at all, and is never changed: a key is made
 * by `objectKey` and used once. Keys hold nothing from outside.
 */
export abstract class ObjectStore {
  /** Takes all of `content`. When that fails, by either side, nothing is left under the key. */
  abstract put(key: string, content: Readable): Promise<StoredObject>;

  /** All of it, or the bytes of `range`. Throws ObjectMissing. The caller reads to the end or destroys the stream. */
  abstract get(key: string, range?: ByteRange): Promise<Readable>;

  /** Harmless when there is no such object. */
  abstract remove(key: string): Promise<void>;

  /** Keys of a kind whose objects were put before a moment, in no order: for the sweep of what nothing names. */
  abstract keysBefore(kind: ObjectKind, before: Date): AsyncIterable<string>;

  /** Throws when the store cannot be used, with a sentence that says why. */
  abstract check(): Promise<void>;
}

/** Both ends are in and lie within the object; without `last` it goes to the end. */
export interface ByteRange {
  readonly first: number;
  readonly last?: number;
}

export type ObjectKind = 'artifacts' | 'traces';

const keyForm = /^[a-z]+\/[0-9a-f]{2}\/[0-9a-f-]{36}$/;

/** A new key. Random, so that nothing of a path, a job or a name can steer where an object comes to lie. */
export function objectKey(kind: ObjectKind): string {
  const id = randomUUID();
  return `${kind}/${id.slice(0, 2)}/${id}`;
}

export function isObjectKey(text: string): boolean {
  return keyForm.test(text);
}

/** Refuses a key that was not made by `objectKey`. */
export function checkedKey(key: string): string {
  if (!isObjectKey(key)) throw new RangeError('Not a key of an object');
  return key;
}

/** Passes bytes on and remembers how many and which they were. */
export function counting(): Transform & { result(): StoredObject } {
  const hash = createHash('sha256');
  let size = 0;
  const through = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.length;
      hash.update(chunk);
      done(null, chunk);
    },
  });
  return Object.assign(through, { result: (): StoredObject => ({ size, sha256: hash.digest() }) });
}
