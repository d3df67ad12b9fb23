import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { createLogger } from './logger.js';
import { redactValue, withoutSecrets } from './redaction.js';
import { Secret } from './secret.js';

describe('a secret', () => {
  const secret = new Secret('hunter2-canary');

  it('prints as [secret] wherever it is printed', () => {
    const shown = [
      String(secret),
      ['', secret].join(''),
      JSON.stringify({ secret }),
      inspect({ secret }, { showHidden: true }),
    ];
    for (const text of shown) {
      expect(text).toContain('[secret]');
      expect(text).not.toContain('canary');
    }
    expect(secret.reveal()).toBe('hunter2-canary');
  });

  it('is compared by its text', () => {
    expect(Secret.equals(secret, new Secret('hunter2-canary'))).toBe(true);
    expect(Secret.equals(secret, new Secret('hunter2'))).toBe(false);
  });
});

describe('the log', () => {
  async function logged(say: (logger: Awaited<ReturnType<typeof createLogger>>) => void): Promise<string> {
    let text = '';
    const destination = { write: (line: string) => void (text += line) };
    say(await createLogger({ log: { level: 'debug', format: 'json' } }, 'test', destination));
    return text;
  }

  it('writes a line of JSON with a sentence, the service and the fields', async () => {
    const line = JSON.parse(await logged((logger) => logger.child({ a: 1 }).info('It works.', { jobId: 7 })));
    expect(line).toMatchObject({ level: 'info', service: 'test', msg: 'It works.', a: 1, jobId: 7 });
  });

  it('shows no secret, by its type or by its exact value, also in base64 and inside JSON', async () => {
    const key = 'canary-key\nwith lines';
    redactValue(key);
    const text = await logged((logger) => {
      logger.info('one', { secret: new Secret('canary-typed'), key, basic: Buffer.from(key).toString('base64') });
      logger.error(`two ${key}`, { err: new Error(`failed with ${key}`) });
    });
    expect(text).not.toMatch(/canary|Y2FuYXJ5/);
    expect(text.match(/\[secret\]/g)?.length).toBeGreaterThanOrEqual(5);
  });

  it('keeps parameters and bodies of errors out', async () => {
    const error = Object.assign(new Error('it broke'), {
      parameters: ['canary'],
      request: { body: 'canary' },
      code: '23505',
    });
    const text = await logged((logger) => logger.error('broken', { err: error }));
    expect(text).not.toContain('canary');
    expect(JSON.parse(text)).toMatchObject({ err: { message: 'it broke', code: '23505' } });
  });

  it('leaves short texts alone, since they would cut words to pieces', () => {
    redactValue('the');
    expect(withoutSecrets('in the log')).toBe('in the log');
  });
});
