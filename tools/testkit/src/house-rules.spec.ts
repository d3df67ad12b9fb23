import { globSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';

import { describe, expect, it } from '@jest/globals';

const root = resolve(import.meta.dirname, '../../..');
const isForTests = /\.spec\.tsx?$|\/testing\//;

/** What lint has no rule for, and one line in the wrong place would undo. */
interface HouseRule {
  /** What a line of product code must not hold. */
  readonly forbids: RegExp;
  /** Where it may stand, and why there. */
  readonly except: RegExp;
  /** Lines that break the rule, and lines that only look like it. */
  readonly wrong: readonly string[];
  readonly right: readonly string[];
}

const compared = String.raw`\w*(?:[sS]ignature|[dD]igest|[hH]mac|[cC]srf|[tT]oken_?[hH]ash|[sS]ecret)\w*`;
const compares = '[!=]==?(?!=)';
const literal = String.raw`(?:null|undefined|['"])`;

const rules: Record<string, HouseRule> = {
  // A test moves the clock that is injected; the command line runs for a moment and has none to
  // inject; the console has one component that looks at the browser's.
  'asks the injected clock for the time': {
    forbids: /\bDate\.now\(\)|\bnew Date\(\)/,
    except: /^libs\/platform\/src\/clock\.ts$|^apps\/cli\/|^apps\/console\/src\/kit\/when\.tsx$/,
    wrong: ['const at = Date.now();', 'run(new Date(), id)'],
    right: ['const at = clock.ms();', 'new Date(now)'],
  },
  // Configuration is read and checked once: by the files that start a process, which hand the environment over.
  'reads the environment only where a process starts': {
    forbids: /\bprocess\.env\b/,
    except:
      /^libs\/platform\/src\/configuration\.ts$|^libs\/messaging\/src\/run-service\.ts$|^apps\/all-in-one\/src\/serve\.ts$|^apps\/cli\/|^libs\/embedded-database\//,
    wrong: [`const url = process.env['CROSSTIE_URL'];`],
    right: ['const url = config.url;'],
  },
  // W2: what a stranger sends is compared in constant time. The digest of an included file is public.
  'compares what proves something with timingSafeEqual': {
    forbids: new RegExp(
      [
        String.raw`\b${compared}\s*${compares}(?!\s*${literal})`,
        String.raw`${compares}\s*${compared}\b(?!\.length)`,
        String.raw`(?<!\bSecret)\.equals\(`,
        String.raw`\bBuffer\.compare\(`,
      ].join('|'),
    ),
    except: /^libs\/ci-config\//,
    wrong: [
      'if (signature === expected)',
      'given !== tokenHash',
      'expected.equals(given)',
      'Buffer.compare(a, b) === 0',
    ],
    right: [
      'timingSafeEqual(expected, given)',
      `typeof signature !== 'string'`,
      'Secret.equals(a, b)',
      'secret === null',
    ],
  },
};

/** The lines of a text that break a rule; comments do not count. */
function broken(text: string, { forbids }: HouseRule): string[] {
  const code = text.replaceAll(/\/\*[^]*?\*\//g, (comment) => comment.replaceAll(/[^\n]/g, ''));
  return code.split('\n').flatMap((line, index) => {
    const bare = line.replace(/(^|\s)\/\/.*$/, '');
    return forbids.test(bare) ? [`${index + 1}: ${bare.trim()}`] : [];
  });
}

describe('product code', () => {
  const files = globSync('{apps,libs}/*/src/**/*.{ts,tsx}', { cwd: root }).filter((file) => !isForTests.test(file));

  it.each(Object.entries(rules))('%s', (_name, rule) => {
    expect(files.length).toBeGreaterThan(300);
    const found = files
      .filter((file) => !rule.except.test(file))
      .flatMap((file) => broken(readFileSync(resolve(root, file), 'utf8'), rule).map((line) => `${file}:${line}`));
    expect(found).toEqual([]);
  });

  it.each(Object.entries(rules))('is caught where it does not: %s', (_name, rule) => {
    expect(rule.wrong.filter((line) => broken(line, rule).length === 0)).toEqual([]);
    expect(rule.right.filter((line) => broken(line, rule).length > 0)).toEqual([]);
  });
});
