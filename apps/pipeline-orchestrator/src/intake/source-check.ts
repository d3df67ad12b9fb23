import type { AppClient, GithubClient } from '@crosstie/github';

export interface PushedSource {
  readonly fullName: string;
  readonly branch: string;
  readonly sha: string;
  readonly guid: string;
  readonly githubRepositoryId: number;
}

/** How far GitHub's delivery log is read for one number; a push that is checked is a young one. */
const logPagesMax = 3;

/**
 * Whether this branch really held this commit. That the commit exists proves nothing, since GitHub
 * shows the commits of forks under the parent's name: the branch must point at it or be ahead of it.
 * Where the branch has moved away by force or is gone, GitHub must say that it sent this delivery.
 */
export async function isSourceVerified(
  github: Pick<GithubClient, 'refHead' | 'compare'>,
  app: () => Promise<Pick<AppClient, 'deliveries'>>,
  source: PushedSource,
): Promise<boolean> {
  const head = await github.refHead(source.fullName, `refs/heads/${source.branch}`);
  if (head === source.sha) return true;
  if (head !== null) {
    // Against the head that was read, not the branch's name: both answers speak of the same moment.
    const stands = await github.compare(source.fullName, source.sha, head);
    if (stands === 'ahead' || stands === 'identical') return true;
  }
  return isInDeliveryLog(await app(), source);
}

async function isInDeliveryLog(app: Pick<AppClient, 'deliveries'>, source: PushedSource): Promise<boolean> {
  let cursor: string | null = null;
  for (let page = 0; page < logPagesMax; page += 1) {
    const { deliveries, nextCursor } = await app.deliveries(cursor);
    const sent = deliveries.find(({ guid }) => guid === source.guid);
    if (sent) return sent.event === 'push' && sent.repositoryId === source.githubRepositoryId;
    if (nextCursor === null) return false;
    cursor = nextCursor;
  }
  return false;
}
