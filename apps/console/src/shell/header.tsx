import { Link } from '@tanstack/react-router';
import { useState } from 'react';

import type { Account } from '../api/account.js';
import type { Connection } from '../events/event-store.js';
import { words } from '../words.js';
import { applyTheme, storedTheme, type Theme } from './theme.js';

const tab =
  'rounded-md px-2.5 py-1.5 text-sm text-soft hover:bg-raised hover:text-ink data-[status=active]:bg-raised data-[status=active]:text-ink';

export function Header({ account, connection }: { account: Account | null; connection: Connection | null }) {
  return (
    <header className="border-b border-line bg-panel">
      <div className="mx-auto flex max-w-6xl flex-wrap items-center gap-x-5 gap-y-2 px-4 py-2.5 sm:px-6">
        <Link to="/" className="flex items-center gap-2 font-semibold tracking-tight">
          <img src="/crosstie.svg" alt="" className="h-6 w-6" />
          {words.brand}
        </Link>
        {account ? (
          <nav aria-label={words.nav.label} className="flex gap-1">
            <Link to="/" activeOptions={{ exact: true }} className={tab}>
              {words.nav.projects}
            </Link>
            <Link to="/-/runners" className={tab}>
              {words.nav.runners}
            </Link>
            {account.user.is_admin ? (
              <Link to="/-/deliveries" className={tab}>
                {words.nav.deliveries}
              </Link>
            ) : null}
          </nav>
        ) : null}
        <div className="ml-auto flex items-center gap-4 text-sm">
          {connection ? <LiveMark connection={connection} /> : null}
          <ThemeChoice />
          {account ? <Person account={account} /> : null}
        </div>
      </div>
    </header>
  );
}

function LiveMark({ connection }: { connection: Connection }) {
  const live = connection === 'live';
  return (
    <span data-connection={connection} className="flex items-center gap-1.5 text-xs text-soft">
      <span aria-hidden className={`h-2 w-2 rounded-full ${live ? 'bg-good' : 'border border-soft'}`} />
      {words.live[connection]}
    </span>
  );
}

function ThemeChoice() {
  const [theme, setTheme] = useState<Theme>(storedTheme);
  return (
    <select
      aria-label={words.theme.label}
      value={theme}
      onChange={(event) => {
        const chosen = event.target.value as Theme;
        applyTheme(chosen);
        setTheme(chosen);
      }}
      className="rounded-md border border-line bg-panel px-1.5 py-1 text-xs text-soft"
    >
      <option value="system">{words.theme.system}</option>
      <option value="light">{words.theme.light}</option>
      <option value="dark">{words.theme.dark}</option>
    </select>
  );
}

function Person({ account }: { account: Account }) {
  return (
    <form method="post" action="/auth/sign-out" className="flex items-center gap-3">
      <input type="hidden" name="csrf_token" value={account.csrf_token ?? ''} />
      <span className="max-w-40 truncate" title={account.user.name}>
        @{account.user.username}
      </span>
      <button type="submit" className="text-soft underline-offset-2 hover:text-ink hover:underline">
        {words.signOut}
      </button>
    </form>
  );
}
