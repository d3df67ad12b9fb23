/** One page as a person without JavaScript sees it. */
export interface Page {
  status: number;
  url: string;
  text: string;
  headers: Headers;
}

/**
 * A person with a browser that runs no scripts: keeps cookies by origin, follows redirects, fills in the
 * forms of a page. Drives sign-in, terms, linking and set-up through their form routes.
 */
export class Visitor {
  private readonly cookies = new Map<string, Map<string, string>>();

  /** Opens an address and follows where it leads. */
  open(url: string): Promise<Page> {
    return this.follow(url, { method: 'GET' });
  }

  /** Posts fields as a form does. */
  post(url: string, fields: Record<string, string>): Promise<Page> {
    return this.follow(url, { method: 'POST', body: new URLSearchParams(fields).toString() });
  }

  /**
   * Submits the form of `page` whose action contains `action`, with its hidden fields and `fields`.
   * Throws when the page has no such form.
   */
  submit(page: Page, action: string, fields: Record<string, string> = {}): Promise<Page> {
    const form = readForms(page.text).find((candidate) => candidate.action.includes(action));
    if (!form) throw new Error(`${page.url} (${page.status}) has no form to ${action}:\n${page.text.slice(0, 2000)}`);
    return this.post(new URL(form.action, page.url).href, { ...form.fields, ...fields });
  }

  /** The cookies sent to an origin, as a `Cookie` header. */
  cookieHeader(origin: string): string {
    return [...(this.cookies.get(origin) ?? [])].map(([name, value]) => `${name}=${value}`).join('; ');
  }

  /** Puts a cookie in the jar, as an attacker who fixes a session would. */
  setCookie(origin: string, name: string, value: string): void {
    const jar = this.cookies.get(origin) ?? new Map<string, string>();
    this.cookies.set(origin, jar.set(name, value));
  }

  private async follow(url: string, request: { method: string; body?: string }): Promise<Page> {
    let { method, body } = request;
    let at = new URL(url);
    for (let hops = 0; hops < 15; hops += 1) {
      const answer = await fetch(at, {
        method,
        redirect: 'manual',
        body,
        headers: {
          accept: 'text/html,application/xhtml+xml',
          cookie: this.cookieHeader(at.origin),
          ...(body === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded', origin: at.origin }),
        },
      });
      this.keepCookies(at.origin, answer.headers);
      const location = answer.headers.get('location');
      if (!location || answer.status < 300 || answer.status >= 400) {
        return { status: answer.status, url: at.href, text: await answer.text(), headers: answer.headers };
      }
      await answer.arrayBuffer();
      at = new URL(location, at);
      if (answer.status !== 307 && answer.status !== 308) {
        method = 'GET';
        body = undefined;
      }
    }
    throw new Error(`${url} redirects in circles`);
  }

  private keepCookies(origin: string, headers: Headers): void {
    const jar = this.cookies.get(origin) ?? new Map<string, string>();
    for (const line of headers.getSetCookie()) {
      const [pair = '', ...attributes] = line.split(';');
      const cut = pair.indexOf('=');
      const ended = attributes.some((attribute) => /^\s*max-age=0\s*$/i.test(attribute));
      if (ended) jar.delete(pair.slice(0, cut).trim());
      else jar.set(pair.slice(0, cut).trim(), pair.slice(cut + 1).trim());
    }
    this.cookies.set(origin, jar);
  }
}

interface Form {
  action: string;
  fields: Record<string, string>;
}

function readForms(html: string): Form[] {
  return [...html.matchAll(/<form\b([^>]*)>([\s\S]*?)<\/form>/gi)].map(([, attributes = '', inside = '']) => ({
    action: attributeOf(attributes, 'action') ?? '',
    fields: Object.fromEntries(
      [...inside.matchAll(/<input\b([^>]*)>/gi)]
        .map(([, input = '']) => [attributeOf(input, 'name') ?? '', attributeOf(input, 'value') ?? ''] as const)
        .filter(([name]) => name !== ''),
    ),
  }));
}

function attributeOf(text: string, name: string): string | undefined {
  const found = new RegExp(`\\b${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)')`, 'i').exec(text);
  const value = found?.[1] ?? found?.[2];
  return value
    ?.replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&#x27;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}
