import { expandText } from '../variables/expand-text.js';

/** What a function of an interpolation block came to: a text, a list, or a fault. */
export type FunctionResult = { value: string | string[] } | { fault: string };

type FindVariable = (name: string) => string | undefined;

const TRUNCATE = /^truncate\(\s*(\d+)\s*,\s*(\d+)\s*\)$/;
const SPLIT = /^split\(\s*'([^']+)'\s*\)$/;
const SHELL_SPECIAL = /[^A-Za-z0-9_\-.,:+/@\n]/g;

/** Applies one function of `$[[ inputs.x | function ]]`; all of them take a text. */
export function applyFunction(call: string, value: string, find: FindVariable): FunctionResult {
  if (call === 'expand_vars') return { value: expandText(value, find, 'keep') };
  if (call === 'posix_escape') return { value: posixEscape(value) };
  const truncate = TRUNCATE.exec(call);
  if (truncate) {
    const offset = Number(truncate[1]);
    return {
      value: Array.from(value)
        .slice(offset, offset + Number(truncate[2]))
        .join(''),
    };
  }
  const split = SPLIT.exec(call);
  if (split) {
    const pieces = value.split(split[1] ?? '').map((piece) => piece.trim());
    return { value: pieces.filter((piece) => piece !== '') };
  }
  return {
    fault: `no function matching \`${call.slice(0, 100)}\`: check that the function name, arguments, and types are correct`,
  };
}

function posixEscape(value: string): string {
  if (value === '') return "''";
  return value.replace(SHELL_SPECIAL, '\\$&').replaceAll('\n', "'\n'");
}
