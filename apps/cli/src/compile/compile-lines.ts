import { once } from 'node:events';
import { StringDecoder } from 'node:string_decoder';
import { UnusableInput, compile, type CompileInput } from '@crosstie/ci-config';
import type { CommandIo } from './command-io.js';

/**
 * Compiles one JSON object a line and writes one answer a line, in the same order. Blank lines are
 * skipped. A line that is no compile request is named on stderr, the others are still served, and
 * the status is 2.
 */
export async function compileLines(io: CommandIo): Promise<number> {
  let number = 0;
  let unusable = 0;
  for await (const line of linesOf(io.stdin)) {
    number += 1;
    if (line.trim() === '') continue;
    const answer = answerLine(line);
    if (answer.usable) await write(io.stdout, `${answer.text}\n`);
    else {
      unusable += 1;
      await write(io.stderr, `crosstie compile: line ${number}: ${answer.text}\n`);
    }
  }
  return unusable === 0 ? 0 : 2;
}

function answerLine(line: string): { usable: boolean; text: string } {
  try {
    return { usable: true, text: JSON.stringify(compile(JSON.parse(line) as CompileInput)) };
  } catch (error) {
    if (error instanceof UnusableInput) return { usable: false, text: error.message };
    if (error instanceof SyntaxError) return { usable: false, text: `This is not JSON: ${error.message}` };
    throw error;
  }
}

/** Waits where the reader of our output is slower than we are. */
async function write(stream: NodeJS.WritableStream, text: string): Promise<void> {
  if (!stream.write(text)) await once(stream, 'drain');
}

/**
 * The lines of a stream, cut at line feeds alone: a JSON text may hold U+2028, which `readline` takes
 * for the end of a line. Reads on only when a line is asked for.
 */
async function* linesOf(stream: NodeJS.ReadableStream): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8');
  let begun: string[] = [];
  for await (const chunk of stream) {
    const [first = '', ...more] = (typeof chunk === 'string' ? chunk : decoder.write(chunk)).split('\n');
    begun.push(first);
    for (const next of more) {
      yield begun.join('');
      begun = [next];
    }
  }
  const last = begun.join('') + decoder.end();
  if (last !== '') yield last;
}
