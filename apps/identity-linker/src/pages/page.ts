import type { FastifyReply } from 'fastify';

import { html, type Html } from './html.js';

export interface Page {
  title: string;
  body: Html;
  /** 200 unless told. */
  status?: number;
  /** Another origin that a form of this page goes to. */
  formOrigin?: string;
}

/** Answers with a page. Nothing of it is stored by anybody, and nothing runs in it. */
export function sendPage(reply: FastifyReply, { title, body, status = 200, formOrigin }: Page): FastifyReply {
  const document = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title} · Crosstie</title>
        <link rel="stylesheet" href="/auth/style.css" />
      </head>
      <body>
        <main>
          <header>Crosstie</header>
          <h1>${title}</h1>
          ${body}
        </main>
      </body>
    </html> `;
  const policy = [
    "default-src 'none'",
    "style-src 'self'",
    `form-action 'self'${formOrigin ? ` ${formOrigin}` : ''}`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ];
  return (
    reply
      .status(status)
      .header('content-security-policy', policy.join('; '))
      .header('cache-control', 'no-store')
      // With no-referrer, as elsewhere, a browser sends `Origin: null` with our own forms.
      .header('referrer-policy', 'same-origin')
      .type('text/html; charset=utf-8')
      .send(document.text)
  );
}

/** A page that says what went wrong and what to do. */
export function problemPage(reply: FastifyReply, status: number, title: string, sentence: string): FastifyReply {
  const body = html`<p class="problem">${sentence}</p>
    <p><a class="button" href="/auth/sign-in">Sign in</a></p>`;
  return sendPage(reply, { title, status, body });
}

/** A hidden field with the token that shows that the form is ours. */
export function csrfField(token: string): Html {
  return html`<input type="hidden" name="csrf_token" value="${token}" />`;
}

/** For a form that is not, or no longer, of the session that sends it. */
export function foreignForm(reply: FastifyReply): FastifyReply {
  return problemPage(reply, 403, 'This form is out of date', 'Go back, load the page again and send it once more.');
}
