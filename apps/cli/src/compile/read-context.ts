import { readFile } from 'node:fs/promises';
import { UnusableInput, type CompileContext } from '@crosstie/ci-config';

/** The context in a JSON file, as `--context` names it. */
export async function readContext(file: string): Promise<CompileContext> {
  return (await readJson(file)) as CompileContext;
}

/** One context or a list of them. */
export async function readContexts(file: string): Promise<CompileContext[]> {
  const read = await readJson(file);
  return (Array.isArray(read) ? read : [read]) as CompileContext[];
}

async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw new UnusableInput(
      `--context ${file} cannot be used: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
