import {
  compileForPipeline,
  type CompileInput,
  lintReport,
  type LintReport,
  type PipelineCompile,
} from '@crosstie/ci-config';
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

/** The same for the one who writes the file, with what is surely not meant and the file written out. */
export async function lintConfig(compileInput: CompileInput): Promise<LintReport> {
  if (charsIn(compileInput) <= ownThreadChars) return lintReport(compileInput, carriedKeywords);
  return runApart<LintReport>('compile-worker', { compileInput, carried: [...carriedKeywords], lints: true });
}

function charsIn({ files = {}, other = {} }: CompileInput): number {
  return [files, other].flatMap((texts) => Object.values(texts)).reduce((sum, text) => sum + text.length, 0);
}
