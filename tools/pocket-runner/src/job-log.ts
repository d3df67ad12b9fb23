import { StringDecoder } from 'node:string_decoder';
import { crc32 } from 'node:zlib';
import type { LogMasker } from './log-masker.js';

const CHUNK_BYTES_MAX = 1024 * 1024;

/**
 * The log of one job: masked text as bytes, kept whole so that any part can be sent again.
 * Offsets and checksum are those of the masked bytes, which is what the server stores.
 */
export class JobLog {
  private parts: Buffer[] = [];
  private length = 0;
  private checksum = 0;
  private full = false;
  private readonly decoders = new Map<string, StringDecoder>();

  constructor(
    private readonly masker: LogMasker,
    private readonly bytesMax: number,
  ) {}

  get bytesize(): number {
    return this.length;
  }

  /** In the form that the final PUT wants. */
  get crc32(): string {
    return `crc32:${this.checksum.toString(16).padStart(8, '0')}`;
  }

  /** Output of a process; a character may be split over two calls of the same stream. */
  writeBytes(stream: string, bytes: Buffer): void {
    let decoder = this.decoders.get(stream);
    if (!decoder) this.decoders.set(stream, (decoder = new StringDecoder('utf8')));
    this.writeText(decoder.write(bytes));
  }

  writeText(text: string): void {
    this.store(this.masker.write(text));
  }

  writeLine(text: string): void {
    this.writeText(`${text}\n`);
  }

  /** Shows what was held back for masking; nothing may be written afterwards. */
  end(): void {
    for (const decoder of this.decoders.values()) this.writeText(decoder.end());
    this.store(this.masker.end());
  }

  /** At most 1 MiB from `offset` on; empty when there is nothing (yet). */
  read(offset: number): Buffer {
    if (this.parts.length > 1) this.parts = [Buffer.concat(this.parts)];
    return this.parts[0]?.subarray(offset, offset + CHUNK_BYTES_MAX) ?? Buffer.alloc(0);
  }

  private store(text: string): void {
    if (this.full || text === '') return;
    const bytes = Buffer.from(text);
    if (this.length + bytes.length <= this.bytesMax) return this.keep(bytes);
    this.full = true;
    this.keep(bytes.subarray(0, this.bytesMax - this.length));
    this.keep(Buffer.from(`\nThe log is cut here: it is longer than ${this.bytesMax} bytes.\n`));
  }

  private keep(bytes: Buffer): void {
    this.parts.push(bytes);
    this.length += bytes.length;
    this.checksum = crc32(bytes, this.checksum);
  }
}
