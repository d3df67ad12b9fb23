import { withoutSecrets } from '@crosstie/platform';

const charactersMax = 8000;
const causesMax = 5;

/**
 * The original error with its causes as text that may be kept: names, messages and stacks only, because errors of
 * clients and databases carry parameters, bodies and headers; known secrets are taken out.
 */
export function describeForDeadLetter(error: unknown): string {
  const parts: string[] = [];
  let next: unknown = error;
  while (next !== undefined && next !== null && parts.length < causesMax) {
    parts.push(next instanceof Error ? (next.stack ?? `${next.name}: ${next.message}`) : inOneLine(next));
    next = next instanceof Error ? next.cause : undefined;
  }
  // NUL is the one character that PostgreSQL's text cannot hold.
  return withoutSecrets(parts.join('\ncaused by ')).replaceAll('\0', '').slice(0, charactersMax);
}

function inOneLine(thrown: unknown): string {
  return typeof thrown === 'string' ? thrown : `something that is no error was thrown (${typeof thrown})`;
}
