import type { CompileAnswer, CompileContext } from '@crosstie/ci-config';
import { readCheckout } from '../compile/compile-checkout.js';
import type { CommandIo } from '../compile/command-io.js';
import { readContexts } from '../compile/read-context.js';
import { answering, readOptions, subjectOf, UsageFault, type Subject } from '../compile/usage.js';
import { compare, differs, differencesText, type Difference } from './difference.js';

const USAGE = 'usage: crosstie diff OLD NEW [--context FILE] [--config PATH] [--json]\n';

/** The kinds of pipelines that most files tell apart, for those who name no contexts. */
const USUAL: readonly CompileContext[] = [
  { source: 'push', ref: 'main' },
  { source: 'push', ref: 'some-branch' },
  { source: 'push', ref: 'v1.0.0', ref_type: 'tag' },
  {
    source: 'merge_request_event',
    ref: 'some-branch',
    merge_request: { iid: 1, source_branch: 'some-branch', target_branch: 'main' },
  },
  { source: 'schedule', ref: 'main' },
  { source: 'web', ref: 'main' },
];

/**
 * `crosstie diff`: which jobs come, go and change between two configurations, for each context. Status 0
 * when nothing does, 1 when something does, 2 when the input cannot be used.
 */
export async function runDiff(argv: string[], io: CommandIo): Promise<number> {
  return answering('diff', USAGE, io, () => run(argv, io));
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
  const [older, newer, ...more] = positionals;
  if (older === undefined || newer === undefined || more.length > 0) throw new UsageFault('name two configurations');
  const subjects = [await subjectOf(older, values.config), await subjectOf(newer, values.config)] as const;
  const contexts = values.context === undefined ? USUAL : await readContexts(values.context);
  const differences: Difference[] = [];
  for (const context of contexts) {
    const [before, after] = [await compiled(subjects[0], context), await compiled(subjects[1], context)];
    differences.push(compare(context, before, after));
  }
  io.stdout.write(values.json ? `${JSON.stringify(differences)}\n` : differencesText(differences));
  return differences.some(differs) ? 1 : 0;
}

async function compiled({ directory, configPath }: Subject, context: CompileContext): Promise<CompileAnswer> {
  return (await readCheckout({ directory, configPath, context })).answer;
}
