import { compileForPipeline, type CompileContext, type CompileInput, type PipelineCompile } from '@crosstie/ci-config';
import { carriedKeywords } from '@crosstie/pipeline';

import { runApart } from './run-apart.js';

/** A file above this is compiled in a thread of its own. */
const ownThreadChars = 64 * 1024;

/**
 * Compiles the CI file of one commit, and names what of it cannot be carried yet. Whatever is wrong
 * with the file is in the answer.
 */
export async function compileConfig(
  text: string,
  configPath: string,
  context: CompileContext,
): Promise<PipelineCompile> {
  const compileInput: CompileInput = { files: { [configPath]: text }, config_path: configPath, context };
  if (text.length <= ownThreadChars) return compileForPipeline(compileInput, carriedKeywords);
  return runApart<PipelineCompile>('compile-worker', { compileInput, carried: [...carriedKeywords] });
}
