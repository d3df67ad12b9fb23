import { Visitor } from './visitor.js';

export interface Addresses {
  /** Crosstie's. */
  url: string;
  /** The simulated GitHub's. */
  github: string;
}

/** First-run set-up by form: the code from the log, then the App from its manifest. */
export async function setUpServer(at: Addresses, code: string, username: string, organization: string): Promise<void> {
  const visitor = await browserOf(at, username);
  const form = await visitor.open(`${at.url}/auth/setup`);
  await visitor.submit(form, '/auth/setup', { code, username });
  const toGitHub = await visitor.open(`${at.url}/auth/setup/app?organization=${encodeURIComponent(organization)}`);
  const confirm = await visitor.submit(toGitHub, '/settings/apps/new');
  const made = confirm.text.includes('/settings/apps') ? await visitor.submit(confirm, '/settings/apps') : confirm;
  if (made.status !== 200)
    throw new Error(`GitHub's answer to the manifest was not taken: ${made.status} ${made.text}`);
}

/** Signs in with GitHub and accepts the terms, which links the person and takes a seat. */
export async function signIn(at: Addresses, login: string): Promise<Visitor> {
  const visitor = await browserOf(at, login);
  let page = await visitor.open(`${at.url}/auth/github?purpose=login`);
  if (page.text.includes('/login/oauth/authorize')) page = await visitor.submit(page, '/login/oauth/authorize');
  if (!page.text.includes('/auth/terms')) throw new Error(`No terms were shown: ${page.status} ${page.url}`);
  const done = await visitor.submit(page, '/auth/terms', { accept: 'yes' });
  if (done.status !== 200) throw new Error(`The terms were not taken: ${done.status} ${done.url}`);
  return visitor;
}

async function browserOf(at: Addresses, login: string): Promise<Visitor> {
  const visitor = new Visitor();
  await visitor.post(`${at.github}/login`, { login, return_to: '/' });
  return visitor;
}

/** The newest one-time code, as an administrator reads it in the server's log. */
export function setupCodeIn(log: string): string | null {
  return [...log.matchAll(/enter the code ([A-Z0-9-]+)/g)].at(-1)?.[1] ?? null;
}
