import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { describe, expect, it } from '@jest/globals';

const file = pathToFileURL(join(import.meta.dirname, 'early-end.ts')).href;

/** Runs a start that takes for ever, sends a signal once it has begun, and tells how the process ended. */
async function endWhileStarting(start: string): Promise<{ status: number | null; output: string }> {
  const script = `import { beforeItServes } from ${JSON.stringify(file)};
    await beforeItServes(async (onEarlyEnd) => {
      ${start}
      process.stdout.write('loading\\n');
      await new Promise((done) => setTimeout(done, 600_000));
    });`;
  const env = { ...process.env, NODE_OPTIONS: '' };
  const child = spawn(process.execPath, ['--no-warnings', '--input-type=module', '-e', script], { env });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
    if (output === 'loading\n') child.kill('SIGTERM');
  });
  const [status] = (await once(child, 'close')) as [number | null];
  return { status, output };
}

describe('a server that is told to end before it serves', () => {
  it('ends with status 0', async () => {
    expect(await endWhileStarting('')).toEqual({ status: 0, output: 'loading\n' });
  }, 60_000);

  it('undoes first what it has begun', async () => {
    const start = "onEarlyEnd(async () => void process.stdout.write('undone\\n'));";
    expect(await endWhileStarting(start)).toEqual({ status: 0, output: 'loading\nundone\n' });
  }, 60_000);

  it('ends with status 1 where that fails', async () => {
    const start = "onEarlyEnd(() => Promise.reject(new Error('no')));";
    expect(await endWhileStarting(start)).toEqual({ status: 1, output: 'loading\n' });
  }, 60_000);
});
