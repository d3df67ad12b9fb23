import { lint, type CompileAnswer, type CompileInput } from '@crosstie/ci-config';
import { readCheckout } from '../compile/compile-checkout.js';
import type { CommandIo } from '../compile/command-io.js';
import { gitContext } from '../compile/git-context.js';
import { readContext } from '../compile/read-context.js';
import { answering, readOptions, subjectOf, UsageFault } from '../compile/usage.js';
import { colourPaint, frame, plainPaint, type Paint } from './code-frame.js';

const USAGE = 'usage: crosstie lint [FILE|DIR] [--context FILE] [--config PATH] [--json]\n';

/** `crosstie lint`: what is wrong in a CI file, for people. Status 0 valid, 1 invalid, 2 unusable. */
export async function runLint(argv: string[], io: CommandIo): Promise<number> {
  return answering('lint', USAGE, io, () => run(argv, io));
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
  const [path = '.', ...more] = positionals;
  if (more.length > 0) throw new UsageFault('name one file or directory');
  const { directory, configPath } = await subjectOf(path, values.config);
  const given = values.context === undefined ? {} : await readContext(values.context);
  const context = { ...(await gitContext(directory)), ...given };
  const { input } = await readCheckout({ directory, configPath, context });
  const answer = lint(input);
  io.stdout.write(values.json ? `${JSON.stringify(answer)}\n` : report(answer, input, paintFor(io)));
  return answer.valid ? 0 : 1;
}

function paintFor(io: CommandIo): Paint {
  const isTerminal = 'isTTY' in io.stdout && io.stdout.isTTY === true;
  return isTerminal && !process.env['NO_COLOR'] ? colourPaint : plainPaint;
}

function report(answer: CompileAnswer, input: CompileInput, paint: Paint): string {
  const text = (file: string | undefined) => {
    const files = input.files ?? {};
    return file !== undefined && Object.hasOwn(files, file) ? files[file] : undefined;
  };
  const frames = [
    ...answer.errors.map((error) => frame(error, 'error', text(error.file), paint)),
    ...answer.warnings.map((warning) => frame(warning, 'warning', text(warning.file), paint)),
  ];
  return [...frames, `${verdict(answer, input)}\n`].join(frames.length > 0 ? '\n' : '');
}

function verdict(answer: CompileAnswer, input: CompileInput): string {
  const file = input.config_path ?? '';
  const warnings = answer.warnings.length === 0 ? '' : `, ${count(answer.warnings.length, 'warning')}`;
  if (!answer.valid) return `${file} is invalid: ${count(answer.errors.length, 'error')}${warnings}.`;
  const ref = input.context?.ref ?? 'main';
  if (!answer.created) return `${file} is valid${warnings}. A push to ${ref} makes no pipeline: ${answer.reason ?? ''}`;
  return `${file} is valid${warnings}. A push to ${ref} makes ${count(answer.jobs.length, 'job')} in ${count(answer.stages.length, 'stage')}.`;
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}
