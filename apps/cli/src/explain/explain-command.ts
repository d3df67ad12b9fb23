import { UnusableInput, type CompileAnswer } from '@crosstie/ci-config';
import { readCheckout } from '../compile/compile-checkout.js';
import type { CommandIo } from '../compile/command-io.js';
import { gitContext } from '../compile/git-context.js';
import { readContext } from '../compile/read-context.js';
import { answering, readOptions, subjectOf, UsageFault } from '../compile/usage.js';
import { explanationText, type Explanation, type JobExplanation } from './explanation.js';

const USAGE = 'usage: crosstie explain JOB [DIR] [--context FILE] [--config PATH] [--json]\n';

/**
 * `crosstie explain`: why a job is in the pipeline or not, and what set each of its fields. Status 0 when
 * there is such a job in the file, 1 when the configuration is invalid, 2 when there is no such job.
 */
export async function runExplain(argv: string[], io: CommandIo): Promise<number> {
  return answering('explain', USAGE, io, () => run(argv, io));
}

async function run(argv: string[], io: CommandIo): Promise<number> {
  const { values, positionals } = readOptions(argv, {
    context: { type: 'string' },
    config: { type: 'string' },
    json: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  });
  if (values.help) {
    io.stdout.write(USAGE);
    return 0;
  }
  const [job, path = '.', ...more] = positionals;
  if (job === undefined || more.length > 0) throw new UsageFault('name one job, and at most one directory');
  const { directory, configPath } = await subjectOf(path, values.config);
  const given = values.context === undefined ? {} : await readContext(values.context);
  const context = { ...(await gitContext(directory)), ...given };
  const { answer } = await readCheckout({ directory, configPath, context, explain: true });
  if (!answer.valid) {
    for (const error of answer.errors) io.stderr.write(`${error.file ?? ''}:${error.line ?? ''}: ${error.message}\n`);
    return 1;
  }
  const explanation = answer.explain as unknown as Explanation;
  const found = jobsCalled(job, explanation, answer);
  io.stdout.write(
    values.json
      ? `${JSON.stringify({ workflow: explanation.workflow, reason: answer.reason, jobs: Object.fromEntries(found) })}\n`
      : explanationText(found, explanation, answer),
  );
  return 0;
}

/** The job of that name, or all instances of it. */
function jobsCalled(name: string, { jobs }: Explanation, answer: CompileAnswer): [string, JobExplanation][] {
  if (Object.hasOwn(jobs, name)) return [[name, jobs[name] as JobExplanation]];
  const instances = Object.entries(jobs).filter(
    ([one]) =>
      one.startsWith(`${name}: [`) || (one.startsWith(`${name} `) && /^\d+\/\d+$/.test(one.slice(name.length + 1))),
  );
  const names = Object.keys(jobs);
  if (instances.length > 0 || (names.length === 0 && !answer.created)) return instances;
  throw new UnusableInput(`there is no job ${name}; the jobs are ${names.slice(0, 20).join(', ')}`);
}
