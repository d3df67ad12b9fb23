import { useQuery } from '@tanstack/react-query';
import { useLocation } from '@tanstack/react-router';

import { setupQuery } from '../api/account.js';
import { LeavingLink } from '../kit/button.js';
import { Panel } from '../kit/panel.js';
import { words } from '../words.js';

/** Shown in the place of every page while nobody is signed in. */
export function SignIn() {
  const setup = useQuery(setupQuery);
  const back = encodeURIComponent(useLocation({ select: ({ href }) => href }));
  const firstRun = setup.data?.completed === false;
  return (
    <div className="mx-auto mt-10 grid max-w-lg gap-4">
      <title>{words.signIn.title}</title>
      {firstRun ? (
        <Panel className="p-6">
          <h2 className="mb-1 font-semibold">{words.signIn.setupTitle}</h2>
          <p className="mb-4 text-sm text-soft">{words.signIn.setupText}</p>
          <LeavingLink href="/auth/setup" look="main">
            {words.signIn.setupButton}
          </LeavingLink>
        </Panel>
      ) : null}
      <Panel className="p-6">
        <h1 className="mb-1 text-lg font-semibold">{words.signIn.title}</h1>
        <p className="mb-4 text-sm text-soft">{words.signIn.text}</p>
        <div className="flex flex-wrap items-center gap-4">
          <LeavingLink href={`/auth/github?purpose=login&return_to=${back}`} look={firstRun ? 'plain' : 'main'}>
            {words.signIn.button}
          </LeavingLink>
          <a href={`/auth/sign-in?return_to=${back}`} className="text-sm text-soft underline underline-offset-2">
            {words.signIn.token}
          </a>
        </div>
      </Panel>
    </div>
  );
}
