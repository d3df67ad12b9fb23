/** One pipeline for each branch and tag, none for merge requests. */
export const branchPipelines = `workflow:
  rules:
    - if: $CI_COMMIT_TAG
    - if: $CI_COMMIT_BRANCH
`;

/** A merge request has one pipeline; a branch has its own only while none is open for it. */
export const mergeRequestPipelines = `workflow:
  rules:
    - if: $CI_MERGE_REQUEST_IID
    - if: $CI_COMMIT_TAG
    - if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH
`;
