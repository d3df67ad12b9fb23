import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startPocketRunner } from './pocket-runner.js';

const USAGE = 'pocket-runner --url URL --token T [--builds-dir DIR] [--concurrent N] [--once]\n';

/**
 * The command. SIGQUIT lets running jobs finish, SIGTERM and SIGINT interrupt them.
 *
 * @returns the exit status: 0 after a wanted end, 1 when the server refuses, 2 for a wrong call
 */
export async function main(args: string[]): Promise<number> {
  const call = readCall(args);
  if (typeof call === 'string') {
    process.stderr.write(`${call}\n${USAGE}`);
    return call === '' ? 0 : 2;
  }
  try {
    const say = (line: string) => void process.stdout.write(`${line}\n`);
    const runner = await startPocketRunner({ ...call, say });
    say(`Asking ${call.url} for jobs`);
    process.once('SIGQUIT', () => void runner.drain());
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void runner.stop());
    await runner.ended;
    return 0;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
}

function readCall(args: string[]) {
  try {
    const { values } = parseArgs({
      args,
      options: {
        url: { type: 'string' },
        token: { type: 'string' },
        'builds-dir': { type: 'string' },
        concurrent: { type: 'string', default: '1' },
        once: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    // A token on the command line is visible to other users of the host; the environment is not.
    const token = values.token ?? process.env['POCKET_RUNNER_TOKEN'];
    if (values.help) return '';
    if (!values.url || !token) return 'Both --url and --token are needed.';
    const concurrent = Number(values.concurrent);
    if (!Number.isInteger(concurrent) || concurrent < 1) return '--concurrent is a whole number from 1 on.';
    const buildsDir = values['builds-dir'] ?? join(tmpdir(), 'pocket-runner-builds');
    return { url: values.url, token, buildsDir, concurrent, ...(values.once && { jobsMax: 1 }) };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
