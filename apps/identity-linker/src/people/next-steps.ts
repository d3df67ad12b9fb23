import type { GithubAppRow, IdentityRow } from '@crosstie/domain';

export interface NextStep {
  action: 'create_app' | 'install_app' | 'link_github' | 'sign_in_again' | 'accept_terms' | 'ask_for_seat';
  sentence: string;
  /** Where to do it; null where somebody else has to. */
  url: string | null;
}

export interface AccountState {
  isAdmin: boolean;
  app: GithubAppRow | null;
  installed: boolean;
  identity: IdentityRow | null;
  accepted: boolean;
  seat: boolean;
}

/** What a person has to do until pushes of theirs run, in the order in which it can be done. */
export function nextSteps({ isAdmin, app, installed, identity, accepted, seat }: AccountState): NextStep[] {
  if (!app) {
    if (isAdmin) return [step('create_app', 'Create the GitHub App of this server.', '/auth/setup/app')];
    return [step('create_app', 'An administrator has to create the GitHub App of this server.', null)];
  }
  const steps: NextStep[] = [];
  if (!installed) {
    steps.push(
      step('install_app', 'Install the GitHub App where your repositories are.', `${app.htmlUrl}/installations/new`),
    );
  }
  if (!identity) {
    steps.push(
      step('link_github', 'Link your GitHub account; pushes of it then run in your name.', '/auth/github?purpose=link'),
    );
    return steps;
  }
  if (identity.state !== 'linked') {
    steps.push(
      step(
        'sign_in_again',
        'The link to GitHub has to be renewed: sign in with GitHub again.',
        '/auth/github?purpose=login',
      ),
    );
  }
  if (!accepted) steps.push(step('accept_terms', 'Accept the terms in force.', '/auth/terms'));
  if (!seat) steps.push(step('ask_for_seat', 'You have no seat; an administrator gives you one.', null));
  return steps;
}

function step(action: NextStep['action'], sentence: string, url: string | null): NextStep {
  return { action, sentence, url };
}
