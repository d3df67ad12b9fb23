import type { Readable } from 'node:stream';

import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  NoSuchKey,
  paginateListObjectsV2,
  S3Client,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';

import {
  type ByteRange,
  checkedKey,
  counting,
  isObjectKey,
  type ObjectKind,
  ObjectMissing,
  ObjectStore,
  type StoredObject,
} from './object-store.js';

export interface S3Settings {
  readonly bucket: string;
  /** Goes before each key; empty or with a slash at the end. */
  readonly prefix: string;
  readonly region: string;
  /** Null: Amazon's own. */
  readonly endpoint: string | null;
  readonly pathStyle: boolean;
}

const connectMs = 5_000;
const requestMs = 60_000;
const partBytes = 8 * 1024 * 1024;

/** Objects in a bucket that speaks S3. Credentials come from where the S3 client looks by itself. */
export class S3Store extends ObjectStore {
  private readonly client: S3Client;

  constructor(private readonly settings: S3Settings) {
    super();
    this.client = new S3Client({
      region: settings.region,
      forcePathStyle: settings.pathStyle,
      maxAttempts: 3,
      requestHandler: { connectionTimeout: connectMs, requestTimeout: requestMs },
      // Stores other than Amazon's do not all know the newer checksums.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      ...(settings.endpoint && { endpoint: settings.endpoint }),
    });
  }

  async put(key: string, content: Readable): Promise<StoredObject> {
    const counter = counting();
    const upload = new Upload({
      client: this.client,
      params: { ...this.at(key), Body: counter, ContentType: 'application/octet-stream' },
      partSize: partBytes,
      queueSize: 2,
    });
    content.once('error', (error) => counter.destroy(error));
    content.pipe(counter);
    try {
      await upload.done();
      return counter.result();
    } catch (error) {
      content.destroy();
      await upload.abort().catch(() => undefined);
      throw error;
    }
  }

  async get(key: string, range?: ByteRange): Promise<Readable> {
    const part = range && { Range: `bytes=${range.first}-${range.last ?? ''}` };
    try {
      const { Body } = await this.client.send(new GetObjectCommand({ ...this.at(key), ...part }));
      return Body as Readable;
    } catch (error) {
      if (error instanceof NoSuchKey) throw new ObjectMissing(key);
      throw error;
    }
  }

  async remove(key: string): Promise<void> {
    await this.client.send(new DeleteObjectCommand(this.at(key)));
  }

  async *keysBefore(kind: ObjectKind, before: Date): AsyncGenerator<string> {
    const { bucket: Bucket, prefix } = this.settings;
    for await (const page of paginateListObjectsV2({ client: this.client }, { Bucket, Prefix: `${prefix}${kind}/` })) {
      for (const { Key, LastModified } of page.Contents ?? []) {
        const key = Key?.slice(prefix.length) ?? '';
        if (isObjectKey(key) && LastModified && LastModified < before) yield key;
      }
    }
  }

  async check(): Promise<void> {
    await this.client.send(new HeadBucketCommand({ Bucket: this.settings.bucket }));
  }

  private at(key: string): { Bucket: string; Key: string } {
    return { Bucket: this.settings.bucket, Key: this.settings.prefix + checkedKey(key) };
  }
}
