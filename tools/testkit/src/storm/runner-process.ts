import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { startPocketRunner } from '@crosstie/pocket-runner';

import { until } from '../until.js';
import { recordingFetch } from './recording-fetch.js';

/** `runner-process --url URL --builds-dir DIR --record FILE`: the pocket runner, writing down what it says and hears. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { url: { type: 'string' }, 'builds-dir': { type: 'string' }, record: { type: 'string' } },
  });
  const { url = '', 'builds-dir': buildsDir = '', record = '' } = values;
  const write = (entry: unknown): void => appendFileSync(record, `${JSON.stringify(entry)}\n`);
  const options = {
    url,
    token: process.env['POCKET_RUNNER_TOKEN'] ?? '',
    // What a killed one left running must not meddle with the work of the next.
    buildsDir: join(buildsDir, String(process.pid)),
    concurrent: 3,
    pollIntervalMs: 300,
    logIntervalMs: 250,
    keepAliveMs: 2000,
    unhealthyPauseMs: 3000,
    graceMs: 1000,
    fetch: recordingFetch(write),
  };
  // The server may be down at this moment: a supervised runner comes back until it is there.
  const runner = await until(() => startPocketRunner(options), 'the server to know this runner', 600_000);
  process.stdout.write('asking for jobs\n');
  process.once('SIGTERM', () => void runner.stop());
  await runner.ended;
}

await main();
