import { queryOptions } from '@tanstack/react-query';

import type { ApiPerson } from './answers.js';
import { getJson, RequestFailed } from './request.js';

/** `GET /api/crosstie/v1/account`: who is signed in, and what still stands in the way. */
export interface Account {
  readonly user: ApiPerson & { readonly is_admin: boolean };
  /** Null for a token, which needs none. */
  readonly csrf_token: string | null;
  readonly terms: { readonly accepted: boolean };
  /** What stands in the way of a pipeline in this person's name, most urgent first. */
  readonly next: readonly { readonly action: string; readonly sentence: string; readonly url: string | null }[];
  readonly identities: readonly { readonly host: string; readonly login: string; readonly state: string }[];
}

/** The account, or null when nobody is signed in. */
export const accountQuery = queryOptions({
  queryKey: ['account'],
  queryFn: async (): Promise<Account | null> => {
    try {
      return await getJson<Account>('/api/crosstie/v1/account');
    } catch (error) {
      if (error instanceof RequestFailed && error.status === 401) return null;
      throw error;
    }
  },
  staleTime: 60_000,
});

/** `GET /api/crosstie/v1/setup`: asked before sign-in; not there any more once an administrator exists. */
export const setupQuery = queryOptions({
  queryKey: ['setup'],
  queryFn: () => getJson<{ readonly completed: boolean }>('/api/crosstie/v1/setup'),
  staleTime: 60_000,
});
