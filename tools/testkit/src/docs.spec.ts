import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

import {
  DELIVERY_REASONS,
  explainDeliveryReason,
  explainJobReason,
  explainPipelineReason,
  JOB_REASONS,
  PIPELINE_REASONS,
} from '@crosstie/pipeline';
import { describe, expect, it } from '@jest/globals';

const root = resolve(import.meta.dirname, '../../..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

describe('the documentation', () => {
  it('links to what is there', () => {
    const pages = globSync('{*.md,docs/**/*.md,{apps,libs,tools}/*/*.md}', { cwd: root });
    expect(pages.length).toBeGreaterThan(15);
    const dead = pages.flatMap((page) =>
      [...read(page).matchAll(/\]\(([^)#\s]+)[^)]*\)/g)]
        .map(([, target = '']) => target)
        .filter((target) => !URL.canParse(target) && !existsSync(join(root, dirname(page), target)))
        .map((target) => `${page}: ${target}`),
    );
    expect(dead).toEqual([]);
  });

  it('numbers decisions in order, each with its number in the title and on one page', () => {
    const records = readdirSync(join(root, 'docs/decisions'))
      .filter((file) => file !== 'README.md')
      .sort();
    records.forEach((file, index) => {
      const number = String(index + 1).padStart(4, '0');
      const text = read(`docs/decisions/${file}`);
      expect(file).toMatch(new RegExp(`^${number}-[a-z0-9-]+[.]md$`));
      expect(text.startsWith(`# ${number} `)).toBe(true);
      for (const part of ['Before us.', 'Chosen.', 'Costs.', 'We were wrong if']) expect(text).toContain(`**${part}`);
      expect(text.length).toBeLessThan(4_000);
    });
  });

  it('lists every reason with the sentence that a person reads', () => {
    const table = (rows: readonly [reason: string, sentence: string][]): string =>
      rows.map(([reason, sentence]) => `| \`${reason}\` | ${sentence} |`).join('\n');
    const page = read('docs/reasons.md');
    const login = 'dana';
    expect(page).toContain(table(PIPELINE_REASONS.map((one) => [one, explainPipelineReason(one, { login })])));
    expect(page).toContain(table(DELIVERY_REASONS.map((one) => [one, explainDeliveryReason(one)])));
    expect(page).toContain(table(JOB_REASONS.map((one) => [one, explainJobReason(one)])));
  });
});
