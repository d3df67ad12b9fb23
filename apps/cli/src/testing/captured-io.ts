import { Readable, Writable } from 'node:stream';
import type { CommandIo } from '../compile/command-io.js';

/** A terminal for tests: what is written to it is kept. */
export function capturedIo(input = ''): { io: CommandIo; written: { out: string; err: string } } {
  const written = { out: '', err: '' };
  const sink = (key: 'out' | 'err') =>
    new Writable({
      write(chunk, _encoding, done) {
        written[key] += String(chunk);
        done();
      },
    });
  return { io: { stdin: Readable.from([input]), stdout: sink('out'), stderr: sink('err') }, written };
}
