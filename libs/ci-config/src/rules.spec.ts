import { compile, type CompileAnswer } from './index.js';
import { readRules, type RuleCase } from './testing/rule-files.js';

/**
 * What stands behind `=>` in a rule file: `valid`; `none TEXT` (no pipeline, and why); `error TEXT` and
 * `warning TEXT` (one of them holds the text, `warning` alone: there is none); `jobs A | B`; else the place
 * of a value in the answer or, behind the name or number of a job, in that job, and the value as JSON.
 */
function check(answer: CompileAnswer, expected: string): void {
  const [word = '', ...rest] = expected.split(' ');
  const text = rest.join(' ');
  if (word === 'error') {
    expect(answer.errors.map((error) => error.message).join('\n')).toContain(text);
    expect({ valid: answer.valid, jobs: answer.jobs }).toEqual({ valid: false, jobs: [] });
    return;
  }
  if (word === 'warning') {
    if (text === '') expect(answer.warnings).toEqual([]);
    else expect(answer.warnings.map((warning) => warning.message).join('\n')).toContain(text);
    return;
  }
  expect(answer.errors).toEqual([]);
  if (word === 'valid') expect(answer.created).toBe(true);
  else if (word === 'none') {
    expect(answer.created).toBe(false);
    expect(answer.reason).toContain(text);
  } else if (word === 'jobs') expect(answer.jobs.map((job) => job.name)).toEqual(text.split(' | '));
  else expect(JSON.parse(JSON.stringify(valueAt(answer, word) ?? null))).toEqual(JSON.parse(text));
}

function valueAt(answer: CompileAnswer, path: string): unknown {
  const [head = '', ...keys] = path.split('.');
  const job = /^\d+$/.test(head) ? answer.jobs[Number(head)] : answer.jobs.find((one) => one.name === head);
  const start: unknown = job ?? answer;
  const steps = job === undefined ? [head, ...keys] : keys;
  return steps.reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], start);
}

const rules = readRules();
const rows = rules.flatMap((rule) =>
  rule.cases.map((one, index) => [`${rule.id} ${rule.title}, ${index + 1}`, one] as const),
);

describe('a rule of the language reference', () => {
  it.each(rows)('%s', (_title, { input, expected }: RuleCase) => {
    const answer = compile(input);
    for (const line of expected) check(answer, line);
  });

  it('has a case, or a part of the product that carries it out', () => {
    const bare = rules.filter((rule) => rule.cases.length === 0 && rule.elsewhere === undefined);
    expect(bare.map((rule) => `${rule.id} ${rule.title}`)).toEqual([]);
  });
});
