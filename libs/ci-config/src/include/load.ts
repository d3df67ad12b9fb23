import type { Context } from '../context.js';
import type { CompileInput } from '../contract.js';
import { quote, type Report } from '../findings.js';
import type { MapNode } from '../nodes.js';
import { readFile } from '../read/read-file.js';

/** Reads the main file and everything that it includes, as one map; null when that is not possible. */
export function loadConfiguration(
  input: CompileInput,
  context: Context,
  _base: ReadonlyMap<string, string>,
  report: Report,
  wanted: Set<string>,
): MapNode | null {
  const files = input.files ?? {};
  const text = Object.hasOwn(files, context.configPath) ? files[context.configPath] : undefined;
  if (text === undefined) {
    wanted.add(context.configPath);
    report.error('no_file', `Please provide content of ${quote(context.configPath)}: there is no such file.`);
    return null;
  }
  return readFile(context.configPath, text, report)?.content ?? null;
}
