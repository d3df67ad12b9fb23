import { crc32, deflateRawSync } from 'node:zlib';

export interface ZipFile {
  name: string;
  content?: string | Buffer;
  /** Claims that its directory makes instead of what is true. */
  claims?: { size?: number; compressedSize?: number; flags?: number; mode?: number; method?: number };
}

/** A zip archive, also of kinds that no honest program writes. */
export function zipOf(
  files: readonly ZipFile[],
  claims: { count?: number; directoryAt?: number; count64?: bigint } = {},
): Buffer<ArrayBuffer> {
  const bodies: Buffer[] = [];
  const entries: Buffer[] = [];
  let at = 0;
  for (const { name, content = '', claims: claimed = {} } of files) {
    const plain = Buffer.from(content);
    const packed = deflateRawSync(plain);
    const nameBytes = Buffer.from(name);
    const about = Buffer.alloc(26);
    about.writeUInt16LE(20, 0);
    about.writeUInt16LE(claimed.flags ?? 0, 2);
    about.writeUInt16LE(claimed.method ?? 8, 4);
    about.writeUInt32LE(crc32(plain), 10);
    about.writeUInt32LE(claimed.compressedSize ?? packed.length, 14);
    about.writeUInt32LE(claimed.size ?? plain.length, 18);
    about.writeUInt16LE(nameBytes.length, 22);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(((claimed.mode ?? 0o100644) << 16) >>> 0, 6);
    tail.writeUInt32LE(at, 10);
    const body = Buffer.concat([Buffer.from('PK\u0003\u0004'), about, nameBytes, packed]);
    entries.push(Buffer.concat([Buffer.from('PK\u0001\u0002\u0014\u0003'), about, tail, nameBytes]));
    bodies.push(body);
    at += body.length;
  }
  const directory = Buffer.concat(entries);
  const end64 = claims.count64 === undefined ? [] : [end64Of(claims.count64, directory.length, at)];
  const end = Buffer.alloc(22);
  end.write('PK\u0005\u0006', 'latin1');
  end.writeUInt16LE(claims.count ?? files.length, 8);
  end.writeUInt16LE(claims.count ?? files.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(end64.length > 0 ? 0xffff_ffff : (claims.directoryAt ?? at), 16);
  return Buffer.concat([...bodies, directory, ...end64, end]);
}

/** The end record of archives with more or longer files than 32 bits can tell, and its locator. */
function end64Of(count: bigint, directoryLength: number, directoryAt: number): Buffer {
  const record = Buffer.alloc(56);
  record.write('PK\u0006\u0006', 'latin1');
  record.writeBigUInt64LE(44n, 4);
  record.writeBigUInt64LE(count, 24);
  record.writeBigUInt64LE(count, 32);
  record.writeBigUInt64LE(BigInt(directoryLength), 40);
  record.writeBigUInt64LE(BigInt(directoryAt), 48);
  const locator = Buffer.alloc(20);
  locator.write('PK\u0006\u0007', 'latin1');
  locator.writeBigUInt64LE(BigInt(directoryAt + directoryLength), 8);
  locator.writeUInt32LE(1, 16);
  return Buffer.concat([record, locator]);
}
