import { readFileSync } from 'node:fs';

import { Command, CommanderError } from 'commander';

import type { CommandIo } from './compile/command-io.js';
import { CommandError, exitStatus } from './exit-status.js';

/**
 * Reads the command line and runs what it names. Each command's code is loaded when it is called, so
 * that `compile` starts without a database driver and the other way round.
 *
 * @returns the exit status
 */
export async function run(parameters: string[]): Promise<number> {
  let status: number = exitStatus.done;
  const program = describeProgram((code) => {
    status = code;
  });
  try {
    await program.parseAsync(parameters, { from: 'user' });
    return status;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitStatus.done : exitStatus.usage;
    if (error instanceof CommandError) {
      process.stderr.write(`crosstie: ${error.message}\n`);
      return error.status;
    }
    throw error;
  }
}

function describeProgram(end: (status: number) => void): Command {
  const program = new Command('crosstie')
    .description('CI for GitHub repositories on GitLab Runners: pipelines in GitLab CI YAML, no mirror.')
    .version(version())
    .exitOverride()
    .showHelpAfterError('(crosstie --help lists the commands)')
    .enablePositionalOptions();

  program
    .command('serve')
    .description('all services in one process, with an embedded database')
    .option('--data <dir>', 'where database, keys and objects lie')
    .option('--port <number>', 'the port to listen on', '8080')
    .action(async (options: { data?: string; port: string }) => {
      const { serve } = await import('./run/serve.js');
      end(await serve(options));
    });

  program
    .command('service <name>')
    .description('one service alone, as its image runs it')
    .action(async (name: string) => {
      const { service } = await import('./run/service.js');
      end(await service(name));
    });

  program
    .command('migrate')
    .description('bring the database to this release; safe to run from several places at once')
    .option('--status', 'only say what is missing; status 1 when something is')
    .option('--data <dir>', 'the data directory of a running `crosstie serve`')
    .action(async (options: { status?: boolean; data?: string }) => {
      const { migrateCommand } = await import('./operate/migrate.js');
      end(await migrateCommand(options));
    });

  for (const { name, description, load } of configurationCommands) {
    program
      .command(name)
      .description(description)
      .allowUnknownOption()
      .allowExcessArguments()
      .passThroughOptions()
      .helpOption(false)
      .action(async (_options: unknown, command: Command) => {
        const runCommand = await load();
        end(await runCommand(command.args, process));
      });
  }

  program
    .command('doctor')
    .description('what is well and what is not, each with its fix; status 1 when something fails')
    .option('--data <dir>', 'the data directory of a running `crosstie serve`')
    .option('--json', 'answer in JSON')
    .action(async (options: { data?: string; json?: boolean }) => {
      const { doctor } = await import('./operate/doctor.js');
      end(await doctor(options));
    });

  program
    .command('admin')
    .description('what an operator does without a browser (crosstie admin --help)')
    .allowUnknownOption()
    .allowExcessArguments()
    .passThroughOptions()
    .helpOption(false)
    .action(async (_options: unknown, command: Command) => {
      const { runAdmin } = await import('./admin/admin-command.js');
      end(await runAdmin(command.args));
    });

  return program;
}

/** The commands around the compiler read their own parameters and know nothing of services. */
const configurationCommands: readonly {
  name: string;
  description: string;
  load: () => Promise<(argv: string[], io: CommandIo) => Promise<number>>;
}[] = [
  {
    name: 'compile',
    description: 'compile a CI configuration: --stdin, or DIR [--context FILE]',
    load: async () => (await import('./compile/compile-command.js')).runCompile,
  },
  {
    name: 'lint',
    description: 'what is wrong in a CI file, and what to write instead: [FILE|DIR]',
    load: async () => (await import('./lint/lint-command.js')).runLint,
  },
  {
    name: 'explain',
    description: 'why a job is in the pipeline or not: JOB [DIR]',
    load: async () => (await import('./explain/explain-command.js')).runExplain,
  },
  {
    name: 'diff',
    description: 'which jobs come, go and change between two configurations: OLD NEW',
    load: async () => (await import('./diff/diff-command.js')).runDiff,
  },
  {
    name: 'schema',
    description: 'the JSON Schema of the CI file for editors',
    load: async () => (await import('./schema/schema-command.js')).runSchema,
  },
];

function version(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
