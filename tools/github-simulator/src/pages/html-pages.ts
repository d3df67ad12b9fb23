import type { CommitObject } from '../git/parse-object.js';
import type { Account, App, OauthApp, Status } from '../state/model.js';

const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

function escape(text: string): string {
  return text.replaceAll(/[&<>"']/g, (char) => escapes[char] ?? char);
}

function page(title: string, body: string): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${escape(title)}</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:4rem auto;padding:0 1rem}
button{font:inherit;padding:.5rem 1rem;margin:.25rem 0;cursor:pointer}small{color:#555}</style></head>
<body><p><small>Simulated GitHub</small></p><h1>${escape(title)}</h1>${body}</body></html>`;
}

function hidden(fields: Record<string, string>): string {
  return Object.entries(fields)
    .map(([name, value]) => `<input type="hidden" name="${escape(name)}" value="${escape(value)}">`)
    .join('');
}

function button(action: string, fields: Record<string, string>, label: string): string {
  return `<form method="post" action="${escape(action)}">${hidden(fields)}<button>${escape(label)}</button></form>`;
}

/** Whoever is known here can sign in with one click: the simulator has no passwords for browsers. */
export function signInPage(people: Account[], returnTo: string): string {
  const buttons = people
    .map((each) => button('/login', { login: each.login, return_to: returnTo }, `Sign in as ${each.login}`))
    .join('');
  return page('Who are you?', buttons || '<p>There is nobody here yet: create a user over the control API.</p>');
}

export function consentPage(app: App | OauthApp, person: Account, parameters: Record<string, string>): string {
  const words = `<p>Signed in as <b>${escape(person.login)}</b>. ${escape(app.name)} wants to act on your behalf.</p>`;
  return page(`Authorize ${app.name}`, words + button('/login/oauth/authorize', parameters, `Authorize ${app.name}`));
}

export function manifestPage(name: string, action: string, fields: Record<string, string>): string {
  return page('Create GitHub App', button(action, fields, `Create GitHub App ${name}`));
}

export function installPage(app: App, accounts: Account[], state: string): string {
  const buttons = accounts
    .map((each) =>
      button(`/apps/${app.slug}/installations/new`, { target_id: String(each.id), state }, `Install on ${each.login}`),
    )
    .join('');
  return page(`Install ${app.name}`, buttons);
}

/** A commit with every status it was given, newest first. */
export function commitPage(repository: string, commit: CommitObject, statuses: Status[]): string {
  const rows = [...statuses]
    .reverse()
    .map(({ state, context, description, targetUrl }) => {
      const name = targetUrl === null ? escape(context) : `<a href="${escape(targetUrl)}">${escape(context)}</a>`;
      return `<li><b>${escape(state)}</b> ${name}: ${escape(description ?? '')}</li>`;
    })
    .join('');
  const who = `<p><code>${commit.oid}</code> by ${escape(commit.author.name)}, ${escape(commit.author.date)}</p>`;
  const text = `<pre>${escape(commit.message.slice(0, 2000))}</pre>`;
  return page(repository, `${who}${text}<h2>Statuses</h2><ul>${rows || '<li>none yet</li>'}</ul>`);
}

export function plainPage(title: string, text: string): string {
  return page(title, `<p>${escape(text)}</p>`);
}
