import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { SimulatorControl } from './index.js';

const program = fileURLToPath(new URL('../bin/github-simulator.js', import.meta.url));
const built = existsSync(fileURLToPath(new URL('../dist/main.js', import.meta.url)));

describe('the program github-simulator', () => {
  // The program runs what was built; script/test builds first.
  (built ? it : it.skip)('says where it listens, takes switches, and ends with status 0 on SIGTERM', async () => {
    const child = spawn(process.execPath, [program, '--port', '0', '--switch', 'userTokenLimit=null'], {
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    const { url, apiUrl } = JSON.parse(line.toString()) as { url: string; apiUrl: string };
    expect(apiUrl).toBe(`${url}/api/v3`);
    expect((await new SimulatorControl(url).switches()).userTokenLimit).toBeNull();
    expect((await fetch(`${apiUrl}/meta`)).status).toBe(200);
    child.kill('SIGTERM');
    expect((await once(child, 'exit'))[0]).toBe(0);
  });
});
