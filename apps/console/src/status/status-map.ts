/** Every status of a pipeline or a job, in GitLab's words. */
export type Status =
  | 'created'
  | 'waiting_for_resource'
  | 'preparing'
  | 'waiting_for_callback'
  | 'pending'
  | 'running'
  | 'canceling'
  | 'manual'
  | 'scheduled'
  | 'success'
  | 'failed'
  | 'canceled'
  | 'skipped';

/** Colour family; each theme has its own shades. */
export type Tone = 'good' | 'bad' | 'warn' | 'active' | 'wait' | 'quiet';

/** The drawings of `status-icon.tsx`. */
export type IconName = 'check' | 'cross' | 'bang' | 'spinner' | 'clock' | 'dots' | 'slash' | 'skip' | 'hand';

export interface StatusLook {
  readonly word: string;
  readonly tone: Tone;
  readonly icon: IconName;
  /** Nothing moves it by itself any more. */
  readonly over: boolean;
}

/** What a status looks like, everywhere: never colour alone, always icon and word. */
export const statusMap = {
  created: { word: 'Created', tone: 'quiet', icon: 'dots', over: false },
  waiting_for_resource: { word: 'Waiting for resource', tone: 'wait', icon: 'clock', over: false },
  preparing: { word: 'Preparing', tone: 'wait', icon: 'dots', over: false },
  waiting_for_callback: { word: 'Waiting for callback', tone: 'wait', icon: 'clock', over: false },
  pending: { word: 'Pending', tone: 'wait', icon: 'clock', over: false },
  running: { word: 'Running', tone: 'active', icon: 'spinner', over: false },
  canceling: { word: 'Canceling', tone: 'wait', icon: 'slash', over: false },
  manual: { word: 'Manual', tone: 'quiet', icon: 'hand', over: false },
  scheduled: { word: 'Scheduled', tone: 'quiet', icon: 'clock', over: false },
  success: { word: 'Passed', tone: 'good', icon: 'check', over: true },
  failed: { word: 'Failed', tone: 'bad', icon: 'cross', over: true },
  canceled: { word: 'Canceled', tone: 'quiet', icon: 'slash', over: true },
  skipped: { word: 'Skipped', tone: 'quiet', icon: 'skip', over: true },
} as const satisfies Record<Status, StatusLook>;

const allowedToFail: StatusLook = { word: 'Failed, allowed', tone: 'warn', icon: 'bang', over: true };

/** The look of a status as the API sent it. A word that this console does not know is shown as it is. */
export function lookOf(status: string, allowFailure = false): StatusLook {
  if (status === 'failed' && allowFailure) return allowedToFail;
  if (Object.hasOwn(statusMap, status)) return statusMap[status as Status];
  return { word: status, tone: 'quiet', icon: 'dots', over: false };
}
