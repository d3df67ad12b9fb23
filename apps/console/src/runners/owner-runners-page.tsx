import { useQuery } from '@tanstack/react-query';

import { ownerRunnersQuery } from '../api/queries.js';
import { PageTitle } from '../kit/panel.js';
import { words } from '../words.js';
import { RunnerList } from './runner-list.js';

/** The runners of one owner on GitHub and of its projects. */
export function OwnerRunnersPage({ owner }: { owner: string }) {
  const runners = useQuery(ownerRunnersQuery(owner));
  return (
    <>
      <title>{`${words.runners.ofOwner(owner)} · ${words.brand}`}</title>
      <PageTitle>{words.runners.ofOwner(owner)}</PageTitle>
      <RunnerList query={runners} />
    </>
  );
}
