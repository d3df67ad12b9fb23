/**
 * Why a pattern can never match, or undefined when it may. Looks for an end of the text before something
 * that has to follow, and for a start of the text behind something that has to come first; both stand for
 * themselves only with the flag `m`. Patterns with choices or optional parts are left alone.
 */
export function deadPart(body: string): string | undefined {
  const parts = partsOf(body);
  if (parts === null) return undefined;
  const end = parts.indexOf('$');
  if (end !== -1 && parts.slice(end + 1).some(takesSomething)) return '`$` is the end of the text, and more follows';
  const start = parts.lastIndexOf('^');
  if (start > 0 && parts.slice(0, start).some(takesSomething))
    return '`^` is the start of the text, and more stands before it';
  return undefined;
}

function takesSomething(part: string): boolean {
  return !/^(?:[$^()]|\\[AzbB])$/.test(part) && !/[*?]$/.test(part.slice(1)) && !/\{0?,/.test(part);
}

/** Characters, escapes and sets, each with the sign of repetition behind it; null when there is a choice. */
function partsOf(body: string): string[] | null {
  const parts: string[] = [];
  const token = /\\Q|\\.|\[\^?\]?(?:\\.|\[:\w+:\]|[^\]\\])*\]|\(\?:|\(\?[a-zA-Z]*[:)]|\(\?P?<\w+>|[\s\S]/g;
  for (const match of body.matchAll(token)) {
    const [part] = match;
    if (part === '|' || part === '\\Q' || /^\(\?[a-z]*m/.test(part)) return null;
    if (/^[*+?]$/.test(part) || (part === '{' && /^\{\d*,?\d*\}/.test(body.slice(match.index)))) {
      // A group that is repeated may be absent as a whole, so nothing can be said about it.
      if (parts.at(-1) === ')') return null;
      parts.push((parts.pop() ?? '') + part);
    } else parts.push(part.startsWith('(') ? '(' : part);
  }
  return parts;
}
