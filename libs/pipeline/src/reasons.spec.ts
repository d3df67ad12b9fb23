import { describe, expect, it } from '@jest/globals';

import {
  carriedKeywords,
  DELIVERY_REASONS,
  explainDeliveryReason,
  explainJobReason,
  explainPipelineReason,
  forCommitStatus,
  GITHUB_DESCRIPTION_CHARS_MAX,
  JOB_REASONS,
  PIPELINE_REASONS,
} from './index.js';

const LONGEST_LOGIN = 'a'.repeat(39);

describe('the sentence of a refused pipeline', () => {
  it.each(PIPELINE_REASONS)('for %s fits into a commit status whole', (reason) => {
    const sentence = explainPipelineReason(reason, { login: LONGEST_LOGIN });
    expect(sentence).toMatch(/^\S.*[.]$/u);
    expect(sentence.length).toBeLessThanOrEqual(GITHUB_DESCRIPTION_CHARS_MAX);
    expect(forCommitStatus(sentence)).toBe(sentence);
  });

  it('names the person and what to do', () => {
    expect(explainPipelineReason('sender_not_linked', { login: 'kim' })).toBe(
      'kim is not linked to a Crosstie user. Anyone who may run pipelines here can retry it.',
    );
  });

  it('speaks of the sender where no login is known', () => {
    expect(explainPipelineReason('no_seat')).toMatch(/^The sender has no seat/u);
  });

  it('names the keyword and its line', () => {
    expect(explainPipelineReason('not_yet_supported', { detail: 'release (line 4)' })).toContain('release (line 4)');
  });

  it('is the error itself for a broken file', () => {
    expect(explainPipelineReason('config_error', { detail: 'jobs:test:script is missing' })).toBe(
      'jobs:test:script is missing',
    );
  });

  it('keeps control characters and line breaks of an error out', () => {
    expect(explainPipelineReason('config_error', { detail: 'a\u0000b\r\nc\u001b[31md\u2028e' })).toBe('a b c [31md e');
  });
});

describe('the sentence of a failed job', () => {
  it.each(JOB_REASONS)('for %s is a sentence', (reason) => {
    expect(explainJobReason(reason)).toMatch(/^[A-Z].*[.]$/u);
  });

  it('is the word itself where only a newer runner knows it', () => {
    expect(explainJobReason('runner_sleepy')).toBe('runner_sleepy');
    expect(explainJobReason(null)).toBe(explainJobReason('unknown_failure'));
  });
});

describe('the sentence of a delivery without a pipeline', () => {
  it.each(DELIVERY_REASONS)('for %s is a sentence', (reason) => {
    expect(explainDeliveryReason(reason)).toMatch(/^[A-Z].*[.]$/u);
  });

  it('names the path of the CI file that is not there', () => {
    expect(explainDeliveryReason('no_ci_file', { detail: 'gitlab/.gitlab-ci.yml' })).toBe(
      'There is no CI file at gitlab/.gitlab-ci.yml in this commit.',
    );
  });
});

describe('a sentence on a commit status', () => {
  it('is cut at 140 characters and says so', () => {
    const cut = forCommitStatus('x'.repeat(500));
    expect(cut).toHaveLength(140);
    expect(cut.endsWith('…')).toBe(true);
  });

  it('stays whole at exactly 140 characters', () => {
    expect(forCommitStatus('y'.repeat(140))).toBe('y'.repeat(140));
  });

  it('never cuts a character in half', () => {
    for (let pad = 0; pad < 4; pad += 1) {
      const cut = forCommitStatus('z'.repeat(pad) + '🦊'.repeat(100));
      expect(() => encodeURIComponent(cut)).not.toThrow();
      expect(cut.length).toBeLessThanOrEqual(140);
    }
  });
});

describe('the closed lists', () => {
  it.each([
    ['pipelines', PIPELINE_REASONS],
    ['deliveries', DELIVERY_REASONS],
    ['jobs', JOB_REASONS],
    ['keywords', carriedKeywords],
  ])('of %s name each thing once', (_, list) => {
    expect(new Set(list).size).toBe(list.length);
  });

  it.each(['trigger', 'release', 'secrets', 'id_tokens'])('do not carry %s yet', (keyword) => {
    expect(carriedKeywords).not.toContain(keyword);
  });
});
