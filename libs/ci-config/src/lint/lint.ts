import { compileWhole, type Whole } from '../compile.js';
import type { CompileAnswer, CompileInput } from '../contract.js';
import { Report } from '../findings.js';
import { warnAbsentNeeds } from './absent-needs.js';
import { warnExpressions } from './expressions.js';
import { warnTwoPipelinesForOneChange } from './two-pipelines.js';

/**
 * Compiles as `compile` does, and warns in addition of what is valid and surely not meant. These warnings
 * are guesses about intent, so a pipeline does not carry them: they are for the one who writes the file.
 */
export function lint(input: CompileInput): CompileAnswer {
  const whole = compileWhole(input);
  return { ...whole.answer, warnings: [...whole.answer.warnings, ...guesses(whole, input)] };
}

/** What is valid and surely not meant. */
export function guesses(whole: Whole, input: CompileInput): CompileAnswer['warnings'] {
  const { configuration } = whole;
  if (configuration === undefined || whole.answer.wanted.length > 0) return [];
  const report = new Report();
  warnExpressions(configuration, input.context ?? {}, report);
  warnAbsentNeeds(configuration, report);
  if (whole.answer.valid) warnTwoPipelinesForOneChange(configuration, input, report);
  return report.warnings;
}
