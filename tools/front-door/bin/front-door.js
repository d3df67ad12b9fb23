#!/usr/bin/env node
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

// The workspace brings its own Node.js for hosts whose own is older than what it needs.
const [major, minor] = process.versions.node.split('.').map(Number);
const brought = fileURLToPath(new URL('../../../script/toolchain/node_modules/.bin/node', import.meta.url));

if (major > 24 || (major === 24 && minor >= 9) || process.env.FRONT_DOOR_NODE === 'brought') {
  const { main } = await import('../dist/main.js');
  process.exitCode = await main(process.argv.slice(2));
} else if (existsSync(brought)) {
  const child = spawn(brought, process.argv.slice(1), {
    stdio: 'inherit',
    env: { ...process.env, FRONT_DOOR_NODE: 'brought' },
  });
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGQUIT']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? (signal ? 1 : 0);
  });
} else {
  process.stderr.write('front-door needs Node.js 24.9 or newer; script/build brings one along.\n');
  process.exitCode = 1;
}
