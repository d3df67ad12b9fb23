import { limits } from '../../limits.js';
import { record, text } from '../shape.js';
import { autoCancel, workflowRules } from './rules.js';

/** `workflow`: whether there is a pipeline at all, and what it is called. */
export const workflow = record({
  name: text({ max: limits.nameChars }),
  rules: workflowRules,
  auto_cancel: autoCancel,
});
