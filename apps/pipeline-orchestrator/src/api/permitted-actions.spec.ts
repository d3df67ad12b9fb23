import { describe, expect, it } from '@jest/globals';

import {
  cancelJobState,
  cancelPipelineState,
  isRefused,
  remedyFor,
  retryJobState,
  retryPipelineState,
} from './permitted-actions.js';
import type { Viewer } from './viewer.js';

const developer: Viewer = { runs: true, readsLogs: true, linked: true, termsAccepted: true, seat: true };
const refused = { status: 'failed', failureReason: 'sender_not_linked', jobStatuses: [] };

describe('what a refused pipeline offers', () => {
  it.each([
    ['a developer', developer, 'run_as_me', true],
    ['a reporter', { ...developer, runs: false }, 'ask_someone', false],
    ['who is not linked', { ...developer, linked: false }, 'link_account', false],
    ['who has not accepted the terms', { ...developer, termsAccepted: false }, 'accept_terms', false],
    ['who has no seat', { ...developer, seat: false }, 'ask_someone', false],
  ] as const)('%s', (_, viewer, remedy, allowed) => {
    expect(remedyFor(viewer, refused.failureReason)).toBe(remedy);
    const state = retryPipelineState(viewer, refused);
    expect(state.allowed).toBe(allowed);
    expect(state.reason === null).toBe(allowed);
  });

  it('is to mend the file where the file is at fault', () => {
    expect(remedyFor(developer, 'config_error')).toBe('fix_configuration');
  });

  it('is told from a pipeline whose jobs failed', () => {
    expect(isRefused(refused)).toBe(true);
    expect(isRefused({ status: 'failed', failureReason: null, jobStatuses: ['failed'] })).toBe(false);
  });
});

describe('what may be set moving', () => {
  const pipeline = (status: string, ...jobStatuses: string[]) => ({ status, failureReason: null, jobStatuses });
  const job = (status: string, retried = false) => ({ status, retried });

  it('is a retry of what failed or was canceled', () => {
    expect(retryPipelineState(developer, pipeline('failed', 'success', 'failed')).allowed).toBe(true);
    expect(retryPipelineState(developer, pipeline('success', 'success'))).toMatchObject({
      allowed: false,
      reason: 'No job of it has failed or was canceled.',
    });
    expect(retryJobState(developer, job('success')).allowed).toBe(true);
    expect(retryJobState(developer, job('running')).allowed).toBe(false);
    expect(retryJobState(developer, job('failed', true)).allowed).toBe(false);
  });

  it('is a cancel of what has not ended, by who may run', () => {
    expect(cancelPipelineState(developer, pipeline('running', 'running')).allowed).toBe(true);
    expect(cancelPipelineState(developer, pipeline('success')).allowed).toBe(false);
    expect(cancelPipelineState({ ...developer, runs: false }, pipeline('running')).allowed).toBe(false);
    expect(cancelPipelineState({ ...developer, linked: false }, pipeline('running')).allowed).toBe(true);
    expect(cancelJobState(developer, job('pending')).allowed).toBe(true);
    expect(cancelJobState(developer, job('canceling')).allowed).toBe(false);
  });
});
