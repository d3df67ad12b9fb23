import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

const run = promisify(execFile);
const root = resolve(import.meta.dirname, '../../..');

/** A small house with our rules, in which violations can be planted. */
describe('the import boundaries', () => {
  let house: string;

  beforeAll(async () => {
    house = await mkdtemp(join(tmpdir(), 'crosstie-boundaries-'));
    for (const file of ['.dependency-cruiser.cjs', 'tsconfig.json', 'tsconfig.base.json', 'package.json']) {
      await cp(join(root, file), join(house, file));
    }
    await mkdir(join(house, 'node_modules', '@crosstie'), { recursive: true });
    for (const [kind, name] of [
      ['libs', 'ci-config'],
      ['libs', 'domain'],
      ['libs', 'messaging'],
      ['apps', 'runner-api'],
      ['apps', 'webhook-gateway'],
      ['tools', 'testkit'],
    ] as const) {
      await plant(`${kind}/${name}/src/index.ts`, 'export type Thing = string;\nexport const thing = 1;\n');
      await cp(join(root, kind, name, 'package.json'), join(house, kind, name, 'package.json'));
      await symlink(join(house, kind, name), join(house, 'node_modules', '@crosstie', name));
    }
  });

  afterAll(() => rm(house, { recursive: true, force: true }));

  async function plant(path: string, text: string): Promise<void> {
    await mkdir(dirname(join(house, path)), { recursive: true });
    await writeFile(join(house, path), text);
  }

  /** The names of the rules that are broken once `text` stands in `path`. */
  async function brokenRules(path: string, text: string): Promise<string[]> {
    await plant(path, text);
    const command = join(root, 'node_modules/.bin/depcruise');
    const options = ['apps', 'libs', 'tools', '--config', '.dependency-cruiser.cjs', '--output-type', 'json'];
    const { stdout } = await run(command, options, { cwd: house, maxBuffer: 1e8 }).catch(
      (error: { stdout: string }) => error,
    );
    await rm(join(house, path));
    const { summary } = JSON.parse(stdout) as { summary: { violations: { rule: { name: string } }[] } };
    return [...new Set(summary.violations.map((violation) => violation.rule.name))];
  }

  it('hold in a house without a violation', async () => {
    expect(await brokenRules('libs/domain/src/fine.ts', 'export const fine = 1;\n')).toEqual([]);
  });

  it.each([
    ['by relative path', `import { thing } from '../../messaging/src/index.js';\nexport const copy = thing;\n`],
    ['by package name', `import { thing } from '@crosstie/messaging';\nexport const copy = thing;\n`],
    ['by import type', `import type { Thing } from '@crosstie/messaging';\nexport const copy: Thing = '';\n`],
  ])('catch a lib that reaches up %s', async (_way, text) => {
    expect(await brokenRules('libs/domain/src/planted.ts', text)).toContain('domain-stands-alone');
  });

  it.each([
    ['by relative path', `import { thing } from '../../webhook-gateway/src/index.js';\nexport const copy = thing;\n`],
    ['by package name', `import { thing } from '@crosstie/webhook-gateway';\nexport const copy = thing;\n`],
    ['by import type', `import type { Thing } from '@crosstie/webhook-gateway';\nexport const copy: Thing = '';\n`],
  ])('catch an app that reaches into another %s', async (_way, text) => {
    expect(await brokenRules('apps/runner-api/src/planted.ts', text)).toContain('apps-import-no-app');
  });

  it('catch I/O in the pure core', async () => {
    const text = `import { readFileSync } from 'node:fs';\nexport const read = readFileSync;\n`;
    expect(await brokenRules('libs/ci-config/src/planted.ts', text)).toContain('pure-core-does-no-io');
  });

  it('catch product code that imports a tool', async () => {
    const text = `import { thing } from '@crosstie/testkit';\nexport const copy = thing;\n`;
    expect(await brokenRules('apps/runner-api/src/planted.ts', text)).toContain('tools-are-for-tests');
  });

  it('catch a circle', async () => {
    await plant(
      'libs/domain/src/left.ts',
      `import { right } from './right.js';\nexport const left = (): unknown => right;\n`,
    );
    const text = `import { left } from './left.js';\nexport const right = (): unknown => left;\n`;
    const rules = await brokenRules('libs/domain/src/right.ts', text);
    await rm(join(house, 'libs/domain/src/left.ts'));
    expect(rules).toContain('no-circular');
  });
});
