import type { CompileAnswer } from '@crosstie/ci-config';

interface Part {
  text: string;
  value: string | boolean | null;
}

interface TriedRule {
  index: number;
  file: string;
  line: number;
  matched: boolean;
  if: string | null;
  parts: Part[];
}

/** Why one job is in the pipeline or not, as the compiler tells it. */
export interface JobExplanation {
  kept: boolean;
  by: 'rules' | 'only' | 'except' | 'default';
  rule: number | null;
  rules: TriedRule[];
  fields: Record<string, { file: string; line: number }>;
}

export interface Explanation {
  workflow: { created: boolean; rule: number | null; rules: TriedRule[] } | null;
  jobs: Record<string, JobExplanation>;
}

/** The explanation for people. */
export function explanationText(jobs: [string, JobExplanation][], whole: Explanation, answer: CompileAnswer): string {
  const parts = jobs.map(([name, job]) => jobText(name, job));
  if (whole.workflow && (!whole.workflow.created || jobs.length === 0)) parts.unshift(workflowText(whole.workflow));
  if (jobs.length === 0 && answer.reason !== null) parts.push(`No job was looked at. ${answer.reason}\n`);
  return parts.join('\n');
}

function workflowText(flow: NonNullable<Explanation['workflow']>): string {
  const verdict = flow.created ? 'lets the pipeline through' : 'makes no pipeline';
  return `workflow:rules ${verdict}\n${flow.rules.map(ruleText).join('')}`;
}

function jobText(name: string, job: JobExplanation): string {
  const head = `${name} is ${job.kept ? 'in the pipeline' : 'not in the pipeline'}: ${why(job)}\n`;
  const fields = Object.entries(job.fields).map(([key, { file, line }]) => `  ${key.padEnd(16)} ${file}:${line}\n`);
  return [head, ...job.rules.map(ruleText), '  set at\n', ...fields].join('');
}

function why({ kept, by, rule, fields }: JobExplanation): string {
  const at = (key: string) => (fields[key] ? ` (${fields[key].file}:${fields[key].line})` : '');
  if (by === 'rules') return rule === null ? 'no rule matched' : `rule ${rule + 1} decided`;
  if (by === 'only' || by === 'except')
    return kept ? `\`${by}\` lets it in${at(by)}` : `\`${by}\` leaves it out${at(by)}`;
  return kept ? 'it has no rules of its own' : 'a job without rules runs for branches and tags only';
}

function ruleText({ index, file, line, matched, if: source, parts }: TriedRule): string {
  const condition = source === null ? '' : `  if: ${source}`;
  const head = `  rule ${index + 1}  ${file}:${line}  ${matched ? 'matched' : 'did not match'}${condition}\n`;
  // The first part is the whole: where there are others its text stands in the line above already.
  const [whole, ...inner] = parts;
  const isSaid = whole !== undefined && inner.length > 0 && whole.text === source;
  return head + (isSaid ? inner : parts).map((part) => `    ${part.text} → ${shown(part.value)}\n`).join('');
}

function shown(value: Part['value']): string {
  if (value === null) return 'not set';
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}
