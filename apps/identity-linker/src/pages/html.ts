/** Markup that is safe as it stands. Text becomes one only by being escaped. */
export class Html {
  constructor(readonly text: string) {}
}

type Value = Html | string | number | null | undefined | readonly Value[];

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Builds markup; every value that is not markup itself is escaped, also inside attributes (write them quoted). */
export function html(parts: TemplateStringsArray, ...values: Value[]): Html {
  const text = parts.reduce((built, part, n) => built + write(values[n - 1]) + part);
  return new Html(text);
}

function write(value: Value): string {
  if (value === null || value === undefined) return '';
  if (value instanceof Html) return value.text;
  if (typeof value === 'object') return value.map(write).join('');
  return String(value).replace(/[&<>"']/g, (char) => escapes[char] ?? char);
}
