import { compile, type CompileAnswer, type CompileInput } from '@crosstie/ci-config';

import { runApart } from './run-apart.js';

/** A file above this is compiled in a thread of its own. */
const ownThreadChars = 64 * 1024;

/** Compiles the CI file of one commit; whatever is wrong with it is in the answer. */
export async function compileConfig(
  text: string,
  configPath: string,
  context: NonNullable<CompileInput['context']>,
): Promise<CompileAnswer> {
  const compileInput: CompileInput = { files: { [configPath]: text }, config_path: configPath, context };
  return text.length <= ownThreadChars ? compile(compileInput) : runApart('compile-worker', { compileInput });
}
