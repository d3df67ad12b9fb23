import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { CompileInput } from '../contract.js';

/** One row of the language reference, with the cases that show it. */
export interface Rule {
  /** Section and row of the reference, as `1.1.4`. */
  readonly id: string;
  readonly title: string;
  readonly cases: readonly RuleCase[];
  /** Why the compiler has no case for it: who carries it out instead. */
  readonly elsewhere?: string;
}

export interface RuleCase {
  readonly yaml: string;
  readonly input: CompileInput;
  readonly expected: readonly string[];
}

const FOLDER = join(import.meta.dirname, '../../rules');

/**
 * Reads `rules/*.rules`: `## ID TITLE` opens a rule; then come its cases, each the text of a configuration
 * and, in lines that start with `=>`, what is expected of it. A line `@ {…}` before the text gives more
 * input as JSON; a line `~ …` says which part of the product carries the rule out, where it is not the compiler.
 */
export function readRules(): Rule[] {
  const files = readdirSync(FOLDER).filter((file) => file.endsWith('.rules'));
  return files.sort().flatMap((file) => parseRules(readFileSync(join(FOLDER, file), 'utf8')));
}

function parseRules(text: string): Rule[] {
  const blocks = text.split(/^## /m).slice(1);
  return blocks.map((block) => {
    const [head = '', ...lines] = block.split('\n');
    const [id = '', ...title] = head.split(' ');
    const elsewhere = lines.find((line) => line.startsWith('~ '))?.slice(2);
    const cases = parseCases(lines.filter((line) => !line.startsWith('~ ')));
    return { id, title: title.join(' '), cases, ...(elsewhere === undefined ? {} : { elsewhere }) };
  });
}

function parseCases(lines: readonly string[]): RuleCase[] {
  const cases: RuleCase[] = [];
  let text: string[] = [];
  let expected: string[] = [];
  const finish = () => {
    if (expected.length > 0) cases.push(makeCase(text, expected));
    text = [];
    expected = [];
  };
  for (const line of lines) {
    if (line.startsWith('=> ')) expected.push(line.slice(3));
    else {
      if (expected.length > 0) finish();
      text.push(line);
    }
  }
  finish();
  return cases;
}

function makeCase(lines: readonly string[], expected: readonly string[]): RuleCase {
  const more = lines.filter((line) => line.startsWith('@ ')).map((line) => JSON.parse(line.slice(2)) as CompileInput);
  const yaml = `${lines
    .filter((line) => !line.startsWith('@ '))
    .join('\n')
    .trim()}\n`;
  const input = Object.assign({}, ...more) as CompileInput;
  return { yaml, input: { ...input, files: { ...input.files, 'gitlab/.gitlab-ci.yml': yaml } }, expected };
}
