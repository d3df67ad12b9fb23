import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { jobKeyNames } from './keywords/job-keywords.js';
import { keywordPage } from './keyword-page.js';

describe('the reference page of the keywords', () => {
  it('in docs is what the descriptions say; `crosstie schema --markdown` writes it', () => {
    const page = join(import.meta.dirname, '../../../../docs/ci-keywords.md');
    expect(readFileSync(page, 'utf8')).toBe(keywordPage());
  });

  it('names every keyword', () => {
    const page = keywordPage();
    for (const name of jobKeyNames) expect(page).toContain(`| \`${name}\` |`);
  });
});
