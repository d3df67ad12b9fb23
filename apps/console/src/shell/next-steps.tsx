import { useQuery } from '@tanstack/react-query';

import { accountQuery } from '../api/account.js';
import { LeavingLink } from '../kit/button.js';
import { Panel } from '../kit/panel.js';
import { words } from '../words.js';

/** What this person has to do until their pushes run; the server knows, nothing is shown when all is done. */
export function NextSteps() {
  const account = useQuery(accountQuery);
  const steps = account.data?.next ?? [];
  if (steps.length === 0) return null;
  return (
    <Panel className="mb-4 border-l-4 border-l-accent px-4 py-3">
      <h2 className="mb-2 text-sm font-medium text-soft">{words.next.title}</h2>
      <ul className="grid gap-2">
        {steps.map((step) => (
          <li key={step.action} className="flex flex-wrap items-center justify-between gap-3 text-sm">
            <span>{step.sentence}</span>
            {step.url ? (
              <LeavingLink href={step.url} look="main">
                {words.next.actions[step.action] ?? words.next.open}
              </LeavingLink>
            ) : null}
          </li>
        ))}
      </ul>
    </Panel>
  );
}
