#!/usr/bin/env node
// Runs on the Node.js that Crosstie brings along where the one that was found is older than 24.9.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
const newEnough = major > 24 || (major === 24 && minor >= 9);
const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const brought = fileURLToPath(new URL('../../../script/toolchain/node_modules/.bin/node', import.meta.url));

if (!existsSync(main)) {
  process.stderr.write('crosstie has not been built yet: run script/bootstrap\n');
  process.exit(78);
}
if (newEnough) {
  await import(main);
} else if (existsSync(brought)) {
  const child = spawn(brought, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => {
    if (signal) {
      process.removeAllListeners(signal);
      process.kill(process.pid, signal);
    } else process.exit(code ?? 1);
  });
} else {
  process.stderr.write('crosstie needs Node.js 24.9 or newer: run script/bootstrap, or install it\n');
  process.exit(78);
}
