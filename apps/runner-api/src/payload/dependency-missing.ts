/** What a job depends on is gone: it could only run without it, and is failed instead, as in GitLab. */
export class DependencyMissing extends Error {
  override readonly name = 'DependencyMissing';

  constructor(readonly jobs: readonly string[]) {
    super(`the artifacts of ${jobs.join(', ')} have expired or were erased; retry the jobs that make them first.`);
  }
}
