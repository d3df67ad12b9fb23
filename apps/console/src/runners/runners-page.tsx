import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';

import { accountQuery } from '../api/account.js';
import { runnersQuery } from '../api/queries.js';
import { Button } from '../kit/button.js';
import { PageTitle } from '../kit/panel.js';
import { words } from '../words.js';
import { CreateRunner } from './create-runner.js';
import { RunnerList } from './runner-list.js';

export function RunnersPage() {
  const account = useQuery(accountQuery);
  const runners = useQuery(runnersQuery(account.data?.user.is_admin ?? false));
  const [creating, setCreating] = useState(false);
  return (
    <>
      <title>{`${words.runners.title} · ${words.brand}`}</title>
      <PageTitle
        aside={
          creating ? null : (
            <Button look="main" onClick={() => setCreating(true)}>
              {words.runners.create}
            </Button>
          )
        }
      >
        {words.runners.title}
      </PageTitle>
      {creating ? (
        <CreateRunner isAdmin={account.data?.user.is_admin ?? false} onClose={() => setCreating(false)} />
      ) : null}
      <RunnerList query={runners} />
    </>
  );
}
