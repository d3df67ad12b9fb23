import { dump } from 'js-yaml';

import { compileWhole, type Whole } from '../compile.js';
import type { CompileAnswer, CompileInput } from '../contract.js';
import { compileForPipeline, type PipelineCompile } from '../not-yet-supported.js';
import { guesses } from './lint.js';
import { writtenJobs, type WrittenJob } from './written-jobs.js';
import { written } from './written.js';

/** A compile for the one who writes the file: guesses about intent among its warnings, and the file written out. */
export interface LintReport extends PipelineCompile {
  /** The configuration as one file, with what it includes, extends and refers to; null where it cannot be read. */
  merged: string | null;
  /** Every job that is written, also those that this push would not make; none where the file is faulty. */
  written: WrittenJob[];
}

/** As `compileForPipeline`, with the warnings of `lint` and the merged text. */
export function lintReport(input: CompileInput, carried: readonly string[]): LintReport {
  const compiled = compileForPipeline(input, carried);
  const whole = compileWhole(input);
  const warnings: CompileAnswer['warnings'] = [...compiled.answer.warnings, ...guesses(whole, input)];
  return { ...compiled, answer: { ...compiled.answer, warnings }, merged: mergedText(whole), written: jobsIn(whole) };
}

function mergedText({ merged, answer }: Whole): string | null {
  if (merged === undefined || answer.wanted.length > 0) return null;
  return dump(written(merged), { noRefs: true, lineWidth: -1 });
}

function jobsIn({ answer, configuration, instances }: Whole): WrittenJob[] {
  return answer.valid && configuration && instances ? writtenJobs(configuration, instances) : [];
}
