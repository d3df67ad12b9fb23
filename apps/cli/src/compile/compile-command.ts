import { UnusableInput, type CompileContext } from '@crosstie/ci-config';
import { compileCheckout, isMissing } from './compile-checkout.js';
import { compileLines } from './compile-lines.js';
import type { CommandIo } from './command-io.js';
import { readContext } from './read-context.js';
import { answering, readOptions, UsageFault } from './usage.js';

const USAGE = `usage: crosstie compile --stdin
       crosstie compile DIR [--context FILE] [--config PATH] [--explain]
`;

/**
 * `crosstie compile`: the compiler's outer face. Status 0 when everything was processed (an invalid
 * configuration is an answer), 2 for input that cannot be used.
 */
export async function runCompile(argv: string[], io: CommandIo): Promise<number> {
  return answering('compile', USAGE, io, () => run(argv, io));
}

async function run(argv: string[], io: CommandIo): Promise<number> {
  const { values, positionals } = readArguments(argv);
  if (values.help) {
    io.stdout.write(USAGE);
    return 0;
  }
  if (values.stdin) {
    if (positionals.length > 0) throw new UsageFault('--stdin takes no directory');
    return compileLines(io);
  }
  const [directory, ...more] = positionals;
  if (directory === undefined || more.length > 0) throw new UsageFault('name one directory, or --stdin');
  const context = values.context === undefined ? {} : await readContext(values.context);
  const answer = await compileDirectory(directory, context, values);
  io.stdout.write(`${JSON.stringify(answer)}\n`);
  return 0;
}

async function compileDirectory(
  directory: string,
  context: CompileContext,
  values: { config?: string; explain?: boolean },
) {
  try {
    return await compileCheckout({ directory, context, configPath: values.config, explain: values.explain });
  } catch (error) {
    if (isMissing(error)) throw new UnusableInput(`${directory} is not a directory.`);
    throw error;
  }
}

function readArguments(argv: string[]) {
  return readOptions(argv, {
    stdin: { type: 'boolean' },
    context: { type: 'string' },
    config: { type: 'string' },
    explain: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  });
}
