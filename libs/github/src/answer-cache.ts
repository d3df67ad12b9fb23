export interface CachedAnswer {
  readonly etag: string;
  readonly body: Buffer;
}

const bytesMaxDefault = 16 * 1024 * 1024;

/** Answers under their ETag, the least recently used dropped first. The caller's key holds all that makes an answer. */
export class AnswerCache {
  private readonly answers = new Map<string, CachedAnswer>();
  private bytes = 0;

  constructor(private readonly bytesMax = bytesMaxDefault) {}

  get(key: string): CachedAnswer | null {
    const found = this.answers.get(key);
    if (!found) return null;
    this.answers.delete(key);
    this.answers.set(key, found);
    return found;
  }

  set(key: string, answer: CachedAnswer): void {
    this.drop(key);
    if (answer.body.length > this.bytesMax / 8) return;
    this.answers.set(key, answer);
    this.bytes += answer.body.length;
    for (const oldest of this.answers.keys()) {
      if (this.bytes <= this.bytesMax) break;
      this.drop(oldest);
    }
  }

  private drop(key: string): void {
    this.bytes -= this.answers.get(key)?.body.length ?? 0;
    this.answers.delete(key);
  }
}
