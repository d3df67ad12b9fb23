import { compileForPipeline, type CompileInput, type PipelineCompile } from '@crosstie/ci-config';
import { carriedKeywords } from '@crosstie/pipeline';

import { runApart } from './run-apart.js';

/** Texts above this in all are compiled in a thread of their own. */
const ownThreadChars = 64 * 1024;

/**
 * Compiles a CI file with what it includes, and names what of it cannot be carried yet. Whatever is wrong
 * with the file is in the answer.
 */
export async function compileConfig(compileInput: CompileInput): Promise<PipelineCompile> {
  if (charsIn(compileInput) <= ownThreadChars) return compileForPipeline(compileInput, carriedKeywords);
  return runApart<PipelineCompile>('compile-worker', { compileInput, carried: [...carriedKeywords] });
}

function charsIn({ files = {}, other = {} }: CompileInput): number {
  return [files, other].flatMap((texts) => Object.values(texts)).reduce((sum, text) => sum + text.length, 0);
}
