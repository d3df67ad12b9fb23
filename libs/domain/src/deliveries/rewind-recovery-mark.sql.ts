import { statement } from '../database/statement.js';

/** Has the next reading of GitHub's delivery log begin at a moment again, for every host that has a mark. */
export const rewindRecoveryMark = statement<[since: Date], { host: string }>(
  'rewind_recovery_mark',
  { recovery_mark: 'su' },
  `UPDATE recovery_mark SET complete_to = least(complete_to, $1) RETURNING host`,
);
