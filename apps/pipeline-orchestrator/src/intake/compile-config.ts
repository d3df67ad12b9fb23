import {
  compileForPipeline,
  type CompileInput,
  lintReport,
  type LintReport,
  type PipelineCompile,
} from '@crosstie/ci-config';
import { carriedKeywords } from '@crosstie/pipeline';

import { CompileThread, type Ended } from './compile-thread.js';

/** Texts above this in all are compiled in a thread of their own. */
const ownThreadChars = 64 * 1024;

const sentences: Readonly<Record<Ended, string>> = {
  too_long: 'The configuration takes too long to compile; it was given up. Make it smaller, or include less.',
  too_much_memory: 'The configuration takes too much memory to compile; it was given up. Make it smaller.',
};

const shared = new CompileThread();

/**
 * Compiles a CI file with what it includes, and names what of it cannot be carried yet. Whatever is wrong
 * with the file is in the answer, also that it cannot be compiled within the limits.
 */
export async function compileConfig(input: CompileInput, thread: CompileThread = shared): Promise<PipelineCompile> {
  if (charsIn(input) <= ownThreadChars) return compileForPipeline(input, carriedKeywords);
  const outcome = await thread.run({ compileInput: input, carried: [...carriedKeywords] });
  return outcome.kind === 'done' ? outcome.compiled : givenUp(outcome.kind);
}

/** The same for the one who writes the file, with what is surely not meant and the file written out. */
export async function lintConfig(input: CompileInput): Promise<LintReport> {
  if (charsIn(input) <= ownThreadChars) return lintReport(input, carriedKeywords);
  const outcome = await shared.run({ compileInput: input, carried: [...carriedKeywords], lints: true });
  return { merged: null, written: [], ...(outcome.kind === 'done' ? outcome.compiled : givenUp(outcome.kind)) };
}

function charsIn({ files = {}, other = {} }: CompileInput): number {
  return [files, other].flatMap((texts) => Object.values(texts)).reduce((sum, text) => sum + text.length, 0);
}

function givenUp(why: Ended): PipelineCompile {
  const nothing = compileForPipeline({}, carriedKeywords);
  const errors = [{ code: why, message: sentences[why] }];
  return { ...nothing, answer: { ...nothing.answer, errors, wanted: [] } };
}
