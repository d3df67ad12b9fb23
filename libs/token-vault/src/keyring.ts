import { randomBytes } from 'node:crypto';

import { ConfigError, Secret } from '@crosstie/platform';

import { keyIdOf, openEnvelope, rewrapEnvelope, sealEnvelope } from './envelope.js';
import { isKeyClass, keyClasses, type KeyClass } from './key-classes.js';

/** Where a sealed value lives. It opens nowhere else. */
export interface RecordPlace {
  table: string;
  column: string;
  /** What tells the row from every other one, for good: an id or the parts of a unique key. */
  row: string;
}

export interface SealedValue {
  keyId: string;
  sealed: Buffer;
}

/** The key of a class is not in this process, or not the one that a record was written under. */
export class KeyMissing extends Error {
  constructor(cls: KeyClass, keyId?: string) {
    super(
      keyId === undefined
        ? `This process has no key of the class ${cls}; CROSSTIE_ENCRYPTION_KEYS gives it one`
        : `A record of the class ${cls} stands under the key ${keyId}, which CROSSTIE_ENCRYPTION_KEYS does not list`,
    );
    this.name = 'KeyMissing';
  }
}

interface NamedKey {
  id: string;
  key: Buffer;
}

const variable = 'CROSSTIE_ENCRYPTION_KEYS';
const keyBytes = 32;

/**
 * The keys of this process, by class. The first key of a class encrypts, each of them decrypts.
 * Nothing here is stored; keys come from outside the database, so that a copy of it is worth nothing.
 */
export class Keyring {
  private constructor(private readonly keys: ReadonlyMap<KeyClass, readonly NamedKey[]>) {}

  /** Reads the configuration's keys. Throws a ConfigError that names the variable. */
  static fromConfig(config: { readonly encryptionKeys: Secret | null }): Keyring {
    if (config.encryptionKeys === null) {
      throw new ConfigError([`${variable}: is missing; \`crosstie serve\` makes keys by itself, services do not`]);
    }
    return Keyring.parse(config.encryptionKeys.reveal());
  }

  /** Reads `class:keyid:base64key[,…]`. Throws a ConfigError with every mistake; no key shows in it. */
  static parse(text: string): Keyring {
    const mistakes: string[] = [];
    const keys = new Map<KeyClass, NamedKey[]>();
    for (const [n, part] of text.split(',').entries()) {
      const mistake = addKey(keys, part.trim());
      if (mistake) mistakes.push(`${variable}: entry ${n + 1} ${mistake}`);
    }
    if (mistakes.length > 0) throw new ConfigError(mistakes);
    return new Keyring(keys);
  }

  /** Fresh keys for every class, in the form of the variable. */
  static generate(keyId = 'k1'): string {
    return keyClasses.map((cls) => `${cls}:${keyId}:${randomBytes(keyBytes).toString('base64')}`).join(',');
  }

  has(cls: KeyClass): boolean {
    return this.keys.has(cls);
  }

  /** Throws a ConfigError that names each class there is no key of. */
  require(classes: readonly KeyClass[]): void {
    const missing = [...new Set(classes)].filter((cls) => !this.has(cls));
    if (missing.length === 0) return;
    throw new ConfigError(
      missing.map((cls) => `${variable}: has no key of the class ${cls}, which this process needs`),
    );
  }

  /** The id of the key that encrypts for a class. */
  currentKeyId(cls: KeyClass): string {
    return this.current(cls).id;
  }

  /** Encrypts a text for one place. */
  seal(cls: KeyClass, place: RecordPlace, text: string): SealedValue {
    const { id, key } = this.current(cls);
    const plain = Buffer.from(text, 'utf8');
    const sealed = sealEnvelope(key, id, describe(cls, place), plain);
    plain.fill(0);
    return { keyId: id, sealed };
  }

  /** Decrypts a text from its place. Throws KeyMissing or UnreadableRecord. */
  open(cls: KeyClass, place: RecordPlace, sealed: Buffer): Secret {
    const key = this.find(cls, keyIdOf(sealed));
    const plain = openEnvelope(key, describe(cls, place), sealed);
    const text = plain.toString('utf8');
    plain.fill(0);
    return new Secret(text);
  }

  /** Puts a record under the current key of its class; null when it stands there already. */
  rewrap(cls: KeyClass, place: RecordPlace, sealed: Buffer): SealedValue | null {
    const { id, key } = this.current(cls);
    const old = keyIdOf(sealed);
    if (old === id) return null;
    return { keyId: id, sealed: rewrapEnvelope(this.find(cls, old), key, id, describe(cls, place), sealed) };
  }

  private current(cls: KeyClass): NamedKey {
    const first = this.keys.get(cls)?.[0];
    if (!first) throw new KeyMissing(cls);
    return first;
  }

  private find(cls: KeyClass, keyId: string): Buffer {
    const known = this.keys.get(cls);
    if (!known) throw new KeyMissing(cls);
    const found = known.find((key) => key.id === keyId);
    if (!found) throw new KeyMissing(cls, keyId);
    return found.key;
  }
}

function addKey(keys: Map<KeyClass, NamedKey[]>, part: string): string | null {
  const [cls = '', id = '', key = '', ...rest] = part.split(':');
  if (rest.length > 0 || key === '') return 'is not class:keyid:base64key';
  if (!isKeyClass(cls)) return `names the class "${cls}"; the classes are ${keyClasses.join(', ')}`;
  if (!/^[\w.-]{1,64}$/.test(id)) return 'has a key id that is not 1 to 64 letters, digits, _, . or -';
  const bytes = Buffer.from(key, 'base64');
  if (bytes.length !== keyBytes) return `(${cls}:${id}) holds ${bytes.length} bytes; a key has ${keyBytes}, as base64`;
  const known = keys.get(cls) ?? [];
  if (known.some((other) => other.id === id)) return `repeats the key id ${id} of the class ${cls}`;
  keys.set(cls, [...known, { id, key: bytes }]);
  return null;
}

function describe(cls: KeyClass, { table, column, row }: RecordPlace): string {
  return JSON.stringify([cls, table, column, row]);
}
