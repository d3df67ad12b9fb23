import { stat } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { parseArgs, type ParseArgsConfig } from 'node:util';
import { DEFAULT_CONFIG_PATH, UnusableInput } from '@crosstie/ci-config';
import { isMissing } from './compile-checkout.js';
import type { CommandIo } from './command-io.js';

/** The command was called wrongly: its usage is shown. */
export class UsageFault extends Error {}

/** Runs a command of the compiler's family: status 2 and a sentence for what cannot be used. */
export async function answering(
  name: string,
  usage: string,
  io: CommandIo,
  command: () => Promise<number>,
): Promise<number> {
  try {
    return await command();
  } catch (error) {
    if (error instanceof UsageFault || error instanceof UnusableInput) {
      io.stderr.write(`crosstie ${name}: ${error.message}\n${error instanceof UsageFault ? usage : ''}`);
      return 2;
    }
    throw error;
  }
}

/** Reads options and positionals; a fault in them is a `UsageFault`. */
export function readOptions<T extends NonNullable<ParseArgsConfig['options']>>(argv: string[], options: T) {
  try {
    return parseArgs({ args: argv, allowPositionals: true, options });
  } catch (error) {
    throw new UsageFault(error instanceof Error ? error.message : String(error));
  }
}

/** A checkout, and the CI file in it. */
export interface Subject {
  directory: string;
  configPath: string;
}

/** What a person names by a path: a directory with the CI file in its usual place, or the CI file itself. */
export async function subjectOf(path: string, configPath?: string): Promise<Subject> {
  const whole = resolve(path);
  if (await isFolder(whole, path)) return { directory: whole, configPath: configPath ?? DEFAULT_CONFIG_PATH };
  const inUsualPlace = whole.endsWith(`${sep}${DEFAULT_CONFIG_PATH.split('/').join(sep)}`);
  const directory = inUsualPlace ? dirname(dirname(whole)) : await rootOf(whole);
  return { directory, configPath: relative(directory, whole).split(sep).join('/') };
}

async function isFolder(whole: string, path: string): Promise<boolean> {
  try {
    return (await stat(whole)).isDirectory();
  } catch (error) {
    if (isMissing(error)) throw new UnusableInput(`there is no file or directory ${path}`);
    throw error;
  }
}

/** The checkout that a file lies in: the nearest folder with a `.git`, else the file's own. */
async function rootOf(file: string): Promise<string> {
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    try {
      await stat(join(folder, '.git'));
      return folder;
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
    if (basename(folder) === '' || folder === dirname(folder)) return dirname(file);
  }
}
