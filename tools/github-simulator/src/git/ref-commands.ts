import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { noObject } from './bare-repository.js';
import type { RefUpdate } from './push-events.js';

/**
 * Reads the list of ref changes that a push begins with (packet lines, up to the flush packet)
 * while the body flows on to git.
 */
export function refCommands(body: Readable, encoding: string): Promise<RefUpdate[]> {
  return new Promise((resolve) => {
    const updates: RefUpdate[] = [];
    let buffered = Buffer.alloc(0);
    let done = false;
    const finish = (): void => {
      done = true;
      resolve(updates);
    };
    const read = (chunk: Buffer): void => {
      if (done) return;
      buffered = Buffer.concat([buffered, chunk]);
      for (;;) {
        const length = Number.parseInt(buffered.subarray(0, 4).toString(), 16);
        if (buffered.length < 4 || buffered.length < length) return;
        if (!(length >= 4)) return finish();
        const update = parseCommand(buffered.subarray(4, length).toString('utf8'));
        if (update) updates.push(update);
        buffered = buffered.subarray(length);
      }
    };
    if (encoding === 'gzip') {
      const unzipped = createGunzip();
      unzipped.on('data', read).on('end', finish).on('error', finish);
      body.on('data', (chunk: Buffer) => void unzipped.write(chunk));
      body.on('end', () => void unzipped.end());
    } else {
      body.on('data', read).on('end', finish).on('close', finish);
    }
  });
}

function parseCommand(line: string): RefUpdate | undefined {
  const found = /^([0-9a-f]{40}) ([0-9a-f]{40}) ([^\0\n]+)/.exec(line);
  if (!found) return undefined;
  const oid = (text: string | undefined): string | null => (text === noObject ? null : (text ?? null));
  return { ref: found[3] ?? '', before: oid(found[1]), after: oid(found[2]) };
}
