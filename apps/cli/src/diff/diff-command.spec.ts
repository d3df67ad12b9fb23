import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { capturedIo } from '../testing/captured-io.js';
import { runDiff } from './diff-command.js';

const root = mkdtempSync(join(tmpdir(), 'crosstie-diff-'));
afterAll(() => rmSync(root, { recursive: true }));

function file(name: string, text: string): string {
  writeFileSync(join(root, name), text);
  return join(root, name);
}

async function diff(...argv: string[]) {
  const { io, written } = capturedIo();
  return { status: await runDiff(argv, io), ...written };
}

describe('crosstie diff', () => {
  const older = file(
    'old.yml',
    'build: {script: make, variables: {A: a, B: b}}\nlint: {script: x}\nold: {script: x}\n',
  );
  const context = file('context.json', '{"ref": "main"}');

  it('tells which jobs come, go and change', async () => {
    const newer = file(
      'new.yml',
      'lint: {script: x}\nbuild: {script: [make, test], variables: {B: b, A: a}}\nnew: {script: x}\n',
    );
    expect(await diff(older, newer, '--context', context)).toEqual({
      status: 1,
      out: 'push of the branch main:\n  - old\n  + new\n  ~ build\n      script: ["make"] → ["make","test"]\n',
      err: '',
    });
  });

  it('ends with 0 when nothing changes', async () => {
    const same = file(
      'same.yml',
      '# other words\nold: {script: x}\nlint: {script: [x]}\nbuild: {script: make, variables: {B: b, A: a}}\n',
    );
    const { status, out } = await diff(older, same);
    expect(status).toBe(0);
    expect(out.trim().split('\n')).toHaveLength(6);
  });

  it('looks at the pipelines that most files tell apart', async () => {
    const newer = file('mr.yml', 'build: {script: make, rules: [{if: $CI_MERGE_REQUEST_IID}]}\n');
    const { out } = await diff(older, newer, '--json');
    const differences = JSON.parse(out);
    expect(differences[3]).toMatchObject({ context: { source: 'merge_request_event' }, added: ['build'] });
    expect(differences[0].pipeline[0]).toMatch(/^the pipeline was made and is not made/);
  });

  it('says when one of them is invalid', async () => {
    const broken = file('broken.yml', 'build: {scripts: x}\n');
    const { status, out } = await diff(older, broken, '--context', context);
    expect(status).toBe(1);
    expect(out).toContain('is invalid (jobs:build config should implement');
  });

  it('ends with 2 when one is not there', async () => {
    expect((await diff(older, join(root, 'no.yml'))).status).toBe(2);
    expect((await diff(older)).err).toContain('usage: crosstie diff');
  });
});
