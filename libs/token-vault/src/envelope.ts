import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

/**
 * The sealed form of a secret, version 1:
 *
 *     1 byte   version
 *     1 byte   length of the key id, then the key id
 *     60 bytes the data key under the class's key: nonce 12, ciphertext 32, tag 16
 *     12 bytes nonce, 16 bytes tag, then the ciphertext under the data key
 *
 * Both layers carry the place of the record as associated data: moved to another row it does not open.
 * The key id is associated with the inner layer alone, so that a rotation re-wraps 60 bytes and leaves
 * the ciphertext as it is.
 */
const version = 1;
const nonceBytes = 12;
const tagBytes = 16;
const keyBytes = 32;
const wrappedBytes = nonceBytes + keyBytes + tagBytes;

/** A record that does not open: cut, altered, moved to another row, or under another key. */
export class UnreadableRecord extends Error {
  constructor(why: string) {
    super(`A sealed record cannot be read: ${why}`);
    this.name = 'UnreadableRecord';
  }
}

interface Envelope {
  keyId: string;
  wrapped: Buffer;
  body: Buffer;
}

/** Encrypts under a fresh data key, and that under `key`. */
export function sealEnvelope(key: Buffer, keyId: string, place: string, plain: Buffer): Buffer {
  const dataKey = randomBytes(keyBytes);
  const wrapped = encrypt(key, dataKey, wrapPlace(place, keyId));
  const body = encrypt(dataKey, plain, bodyPlace(place));
  dataKey.fill(0);
  return assemble({ keyId, wrapped, body });
}

/** The opposite of `sealEnvelope`. Throws UnreadableRecord. */
export function openEnvelope(key: Buffer, place: string, sealed: Buffer): Buffer {
  const envelope = takeApart(sealed);
  const dataKey = decrypt(key, envelope.wrapped, wrapPlace(place, envelope.keyId));
  const plain = decrypt(dataKey, envelope.body, bodyPlace(place));
  dataKey.fill(0);
  return plain;
}

/** Puts the data key under another key; the ciphertext stays. */
export function rewrapEnvelope(from: Buffer, to: Buffer, toKeyId: string, place: string, sealed: Buffer): Buffer {
  const envelope = takeApart(sealed);
  const dataKey = decrypt(from, envelope.wrapped, wrapPlace(place, envelope.keyId));
  const wrapped = encrypt(to, dataKey, wrapPlace(place, toKeyId));
  dataKey.fill(0);
  return assemble({ keyId: toKeyId, wrapped, body: envelope.body });
}

/** Under which key a record stands. */
export function keyIdOf(sealed: Buffer): string {
  return takeApart(sealed).keyId;
}

function bodyPlace(place: string): Buffer {
  return Buffer.from(`crosstie ${version} body ${place}`);
}

function wrapPlace(place: string, keyId: string): Buffer {
  return Buffer.from(`crosstie ${version} key ${keyId} ${place}`);
}

function assemble({ keyId, wrapped, body }: Envelope): Buffer {
  const id = Buffer.from(keyId);
  return Buffer.concat([Buffer.from([version, id.length]), id, wrapped, body]);
}

function takeApart(sealed: Buffer): Envelope {
  if (sealed[0] !== version) throw new UnreadableRecord(`its version is ${sealed[0] ?? 'missing'}`);
  const idEnd = 2 + (sealed[1] ?? 0);
  const bodyStart = idEnd + wrappedBytes;
  if (sealed.length < bodyStart + nonceBytes + tagBytes) throw new UnreadableRecord('it is cut short');
  return {
    keyId: sealed.toString('utf8', 2, idEnd),
    wrapped: sealed.subarray(idEnd, bodyStart),
    body: sealed.subarray(bodyStart),
  };
}

function encrypt(key: Buffer, plain: Buffer, place: Buffer): Buffer {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(place);
  const text = Buffer.concat([cipher.update(plain), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), text]);
}

function decrypt(key: Buffer, box: Buffer, place: Buffer): Buffer {
  const nonce = box.subarray(0, nonceBytes);
  const tag = box.subarray(nonceBytes, nonceBytes + tagBytes);
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes }).setAAD(place);
  decipher.setAuthTag(tag);
  try {
    return Buffer.concat([decipher.update(box.subarray(nonceBytes + tagBytes)), decipher.final()]);
  } catch {
    // OpenSSL says no more than this itself.
    throw new UnreadableRecord('it was altered, moved to another row, or written under another key');
  }
}
