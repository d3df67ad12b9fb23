/** The sentence for a person in an error body of `/api/v4` or `/api/crosstie/v1`, whatever its shape. */
export function explainBody(status: number, body: string): string {
  return withoutStatus(status, sentenceOf(parse(body))) || fallback(status);
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
}

function sentenceOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map(sentenceOf).filter(Boolean).join('; ');
  if (typeof value !== 'object' || value === null) return '';
  const body = value as Record<string, unknown>;
  if ('message' in body) return sentenceOf(body['message']);
  if ('error_description' in body) return sentenceOf(body['error_description']);
  if ('error' in body) return sentenceOf(body['error']);
  return Object.entries(body)
    .map(([key, inner]) => (key === 'base' ? sentenceOf(inner) : `${key} ${sentenceOf(inner)}`))
    .join('; ');
}

/** `403 Forbidden - Why.` → `Why.`; GitLab's clients want the status in the text, people do not. */
function withoutStatus(status: number, sentence: string): string {
  return sentence.replace(new RegExp(`^${status} [A-Za-z ]+ - `), '');
}

function fallback(status: number): string {
  if (status === 401) return 'You are not signed in, or your session has ended.';
  if (status === 403) return 'Your role does not allow this.';
  if (status === 404) return 'This does not exist, or you may not see it.';
  if (status === 429) return 'Too many requests. Wait a moment, then try again.';
  return `The server answered with status ${status}.`;
}
