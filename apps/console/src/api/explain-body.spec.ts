import { describe, expect, it } from '@jest/globals';

import { explainBody } from './explain-body.js';

describe('the sentence of an error', () => {
  it.each([
    [
      403,
      '{"message":"403 Forbidden - Your role is Reporter; running needs Developer."}',
      'Your role is Reporter; running needs Developer.',
    ],
    [404, '{"message":"404 Project Not Found"}', '404 Project Not Found'],
    [400, '{"error":"ref is missing"}', 'ref is missing'],
    [400, '{"message":{"base":["a","b"]}}', 'a; b'],
    [400, '{"message":{"key":["(K) has already been taken"]}}', 'key (K) has already been taken'],
    [401, '{"error":"invalid_token","error_description":"Token was revoked."}', 'Token was revoked.'],
    [502, '<html>bad gateway</html>', 'The server answered with status 502.'],
    [401, '', 'You are not signed in, or your session has ended.'],
    [500, 'null', 'The server answered with status 500.'],
  ])('of status %d with %s', (status, body, sentence) => {
    expect(explainBody(status, body)).toBe(sentence);
  });
});
