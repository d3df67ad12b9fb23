#!/usr/bin/env node
// Runs the simulator with a Node that is new enough: this one, or the one that script/env.sh brought.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
const newEnough = major > 24 || (major === 24 && minor >= 9);
const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const toolchain = fileURLToPath(new URL('../../../script/toolchain/node_modules/.bin/node', import.meta.url));

if (!existsSync(main)) {
  process.stderr.write('github-simulator is not built yet: run script/build\n');
  process.exitCode = 1;
} else if (newEnough) {
  await import(main);
} else if (existsSync(toolchain)) {
  const child = spawn(toolchain, [main, ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code) => process.exit(code ?? 1));
} else {
  process.stderr.write('Node.js 24.9 or newer is needed: run script/bootstrap\n');
  process.exitCode = 1;
}
