import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { gitEnvironment } from './run-git.js';

export interface GitObject {
  oid: string;
  type: 'blob' | 'tree' | 'commit' | 'tag';
  size: number;
  data: Buffer;
}

interface Waiting {
  withData: boolean;
  resolve(object: GitObject | null): void;
  reject(error: Error): void;
}

/**
 * One long-lived `git cat-file --batch-command` for a repository: reading an object costs a write
 * and a read on a pipe instead of a process. It sees new refs and objects at once.
 */
export class CatFile {
  private child: ChildProcessWithoutNullStreams | undefined;
  private waiting: Waiting[] = [];
  private buffered: Buffer = Buffer.alloc(0);

  constructor(private readonly directory: string) {}

  /** The object behind any revision expression (`main`, `SHA:path`, …), or null. */
  read(expression: string): Promise<GitObject | null> {
    return this.ask('contents', expression);
  }

  /** As `read`, with empty `data`. */
  info(expression: string): Promise<GitObject | null> {
    return this.ask('info', expression);
  }

  close(): void {
    this.child?.kill();
    this.child = undefined;
    this.fail(new Error('closed'));
  }

  private ask(command: 'contents' | 'info', expression: string): Promise<GitObject | null> {
    // The protocol is one line a question.
    if (expression === '' || /[\n\0]/.test(expression)) return Promise.resolve(null);
    const child = this.child ?? this.start();
    return new Promise((resolve, reject) => {
      this.waiting.push({ withData: command === 'contents', resolve, reject });
      child.stdin.write(`${command} ${expression}\n`);
    });
  }

  private start(): ChildProcessWithoutNullStreams {
    const child = spawn('git', ['cat-file', '--batch-command'], { cwd: this.directory, env: gitEnvironment() });
    child.stdout.on('data', (chunk: Buffer) => {
      if (this.child !== child) return;
      this.buffered = this.buffered.length === 0 ? chunk : Buffer.concat([this.buffered, chunk]);
      this.drain();
    });
    child.stderr.resume();
    child.stdin.on('error', () => {
      // The end of the process is seen below.
    });
    child.on('error', (error) => this.fail(error));
    child.on('close', () => {
      if (this.child !== child) return;
      this.child = undefined;
      this.fail(new Error('git cat-file ended'));
    });
    this.child = child;
    return child;
  }

  private fail(error: Error): void {
    this.buffered = Buffer.alloc(0);
    for (const waiting of this.waiting.splice(0)) waiting.reject(error);
  }

  private drain(): void {
    for (;;) {
      const next = this.waiting[0];
      const lineEnd = this.buffered.indexOf(10);
      if (!next || lineEnd < 0) return;
      const line = this.buffered.subarray(0, lineEnd).toString();
      const found = /^([0-9a-f]{40,64}) (blob|tree|commit|tag) (\d+)$/.exec(line);
      if (!found) {
        this.take(lineEnd + 1).resolve(null);
        continue;
      }
      const size = Number(found[3]);
      const end = next.withData ? lineEnd + 1 + size + 1 : lineEnd + 1;
      if (this.buffered.length < end) return;
      const data = next.withData
        ? Buffer.from(this.buffered.subarray(lineEnd + 1, lineEnd + 1 + size))
        : Buffer.alloc(0);
      this.take(end).resolve({ oid: found[1] ?? '', type: found[2] as GitObject['type'], size, data });
    }
  }

  private take(bytes: number): Waiting {
    this.buffered = this.buffered.subarray(bytes);
    const waiting = this.waiting.shift();
    if (!waiting) throw new Error('An answer nobody asked for');
    return waiting;
  }
}
