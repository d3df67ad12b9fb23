import { readFileSync } from 'node:fs';

import { Command, CommanderError } from 'commander';

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

  program
    .command('compile')
    .description('compile a CI configuration: --stdin, or DIR [--context FILE]')
    .allowUnknownOption()
    .allowExcessArguments()
    .passThroughOptions()
    .helpOption(false)
    .action(async (_options: unknown, command: Command) => {
      const { runCompile } = await import('./compile/compile-command.js');
      end(await runCompile(command.args, process));
    });

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

function version(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
