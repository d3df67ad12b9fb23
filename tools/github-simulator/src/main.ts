import { parseArgs } from 'node:util';
import { startGitHubSimulator } from './simulator.js';

const usage = 'Usage: github-simulator --port N [--data DIR] [--host ADDRESS] [--switch NAME=VALUE]…\n';

function readSwitches(given: string[]): Record<string, unknown> {
  return Object.fromEntries(
    given.map((each) => {
      const [name = '', value = ''] = each.split('=', 2);
      try {
        return [name, JSON.parse(value) as unknown];
      } catch {
        return [name, value];
      }
    }),
  );
}

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    host: { type: 'string', default: '127.0.0.1' },
    data: { type: 'string' },
    switch: { type: 'string', multiple: true, default: [] },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) {
  process.stdout.write(usage);
} else {
  const simulator = await startGitHubSimulator({
    port: Number(values.port),
    host: values.host,
    dataDir: values.data,
    switches: readSwitches(values.switch),
  });
  process.stdout.write(`${JSON.stringify({ url: simulator.url, apiUrl: simulator.apiUrl, pid: process.pid })}\n`);
  const stop = (): void => void simulator.close().then(() => process.exit(0));
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}
