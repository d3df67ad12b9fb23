import { useQuery } from '@tanstack/react-query';
import { Outlet } from '@tanstack/react-router';
import { useEffect } from 'react';

import { accountQuery } from '../api/account.js';
import { useEventState } from '../events/use-events.js';
import { LoadProblem } from '../kit/load-problem.js';
import { Skeleton } from '../kit/panel.js';
import { words } from '../words.js';
import { Header } from './header.js';
import { SignIn } from './sign-in.js';

/** What stands around every page: header, live mark, and the way in for those who are not signed in. */
export function Layout() {
  const account = useQuery(accountQuery);
  const termsMissing = account.data?.terms.accepted === false;
  const ready = Boolean(account.data) && !termsMissing;
  const events = useEventState(ready);
  useEffect(() => {
    if (termsMissing) window.location.assign('/auth/terms');
  }, [termsMissing]);

  return (
    <div className="min-h-screen">
      <a href="#content" className="sr-only focus:not-sr-only focus:absolute focus:z-10 focus:bg-panel focus:p-2">
        {words.skip}
      </a>
      <Header account={account.data ?? null} connection={ready ? events.connection : null} />
      <main id="content" className="mx-auto max-w-6xl px-4 py-6 sm:px-6">
        {account.isPending || termsMissing ? <Skeleton rows={4} /> : null}
        {account.isError ? <LoadProblem error={account.error} again={() => void account.refetch()} /> : null}
        {account.data === null ? <SignIn /> : null}
        {ready ? <Outlet /> : null}
      </main>
      <div aria-live="polite" className="sr-only">
        {events.said}
      </div>
    </div>
  );
}
