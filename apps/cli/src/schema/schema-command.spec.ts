import { configurationSchema, keywordPage } from '@crosstie/ci-config';
import { capturedIo } from '../testing/captured-io.js';
import { runSchema } from './schema-command.js';

describe('crosstie schema', () => {
  it('prints the schema for editors', async () => {
    const { io, written } = capturedIo();
    expect(await runSchema([], io)).toBe(0);
    expect(JSON.parse(written.out)).toEqual(JSON.parse(JSON.stringify(configurationSchema())));
  });

  it('prints the reference page', async () => {
    const { io, written } = capturedIo();
    expect(await runSchema(['--markdown'], io)).toBe(0);
    expect(written.out).toBe(keywordPage());
  });

  it('takes no file', async () => {
    const { io, written } = capturedIo();
    expect(await runSchema(['x'], io)).toBe(2);
    expect(written.err).toContain('usage: crosstie schema');
  });
});
