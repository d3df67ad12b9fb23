import { useQuery } from '@tanstack/react-query';

import type { ApiDeadLetter } from '../api/answers.js';
import { deadLettersQuery } from '../api/queries.js';
import { ActionButton } from '../kit/action-button.js';
import { LoadProblem } from '../kit/load-problem.js';
import { Panel, Skeleton } from '../kit/panel.js';
import { When } from '../kit/when.js';
import { words } from '../words.js';

const allowed = { allowed: true, reason: null };

/** Events that a service gave up on, with the first error and the way to try again. */
export function DeadLetters() {
  const letters = useQuery(deadLettersQuery);
  return (
    <section className="mt-8">
      <h2 className="text-base font-semibold">{words.deadLetters.title}</h2>
      <p className="mb-3 text-sm text-soft">{words.deadLetters.lead}</p>
      <Panel>
        {letters.isPending ? <Skeleton rows={1} /> : null}
        {letters.isError ? <LoadProblem error={letters.error} again={() => void letters.refetch()} /> : null}
        {letters.data?.length === 0 ? <p className="px-4 py-3 text-sm text-soft">{words.deadLetters.empty}</p> : null}
        <ul className="divide-y divide-line">
          {letters.data?.map((letter) => (
            <Letter key={letter.id} letter={letter} />
          ))}
        </ul>
      </Panel>
    </section>
  );
}

function Letter({ letter }: { letter: ApiDeadLetter }) {
  return (
    <li className="grid gap-1 px-4 py-3 text-sm">
      <div className="flex flex-wrap items-center justify-between gap-2">
        <span>
          <span className="font-medium">{letter.type}</span> <span className="text-soft">{letter.service}</span>{' '}
          <code className="font-mono text-xs text-soft">{JSON.stringify(letter.payload)}</code>
        </span>
        <span className="flex items-center gap-3 text-soft">
          <When at={letter.created_at} />
          {letter.replayed_at ? (
            words.deadLetters.replayed
          ) : (
            <ActionButton action={allowed} request={{ path: `/api/crosstie/v1/dead-letters/${letter.id}/replay` }}>
              {words.deadLetters.replay}
            </ActionButton>
          )}
        </span>
      </div>
      <pre className="overflow-x-auto font-mono text-xs whitespace-pre-wrap text-bad">{letter.error}</pre>
    </li>
  );
}
