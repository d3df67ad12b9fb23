import { statement } from '../database/statement.js';

/** Says whether a newer pipeline of a branch ends the older ones. */
export const setAutoCancel = statement<[projectId: number, autoCancel: boolean], { id: number }>(
  'set_auto_cancel',
  { project: 'su' },
  `UPDATE project SET auto_cancel = $2 WHERE id = $1 RETURNING id`,
);
