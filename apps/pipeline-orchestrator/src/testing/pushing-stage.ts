import type { CreatedUser, FileContent } from '@crosstie/github-simulator';
import { type Api, until } from '@crosstie/testkit';
import { type Stage, type StageOptions, startStage } from '@crosstie/testkit/stage';

export const ciPath = 'gitlab/.gitlab-ci.yml';
export const repository = 'acme/widget';

/** Two stages, one job each. */
export const twoStages = `
stages: [build, test]
compile:
  stage: build
  script: echo build
unit:
  stage: test
  script: echo test
`;

export interface DeliveryView {
  id: number;
  guid: string;
  event: string;
  state: string;
  reason: string | null;
  detail: string | null;
  attempts: number;
  recovered: boolean;
}

export interface PipelineRow {
  id: number;
  iid: number;
  status: string;
  attempt: number;
  failure_reason: string | null;
  failure_message: string | null;
  started_at: Date | null;
  finished_at: Date | null;
  yaml_errors: string | null;
  user_id: number | null;
  sender_id: number | null;
  sender_login: string | null;
  ref: string;
  sha: string;
  recovered: boolean;
  delivery_id: number;
}

/** A house with acme/widget, its owner kim and the developer dana linked, and erin who is not. */
export interface PushingStage extends Stage {
  readonly kim: CreatedUser;
  readonly dana: CreatedUser;
  readonly erin: CreatedUser;
  readonly asDana: Api;
  readonly appSlug: string;
  readonly projectId: number;
  rows<R>(sql: string, ...values: unknown[]): Promise<R[]>;
  push(
    files: Record<string, FileContent>,
    more?: { pusher?: string; branch?: string; message?: string },
  ): Promise<string>;
  pipelineOf(sha: string): Promise<PipelineRow>;
  pipelines(sha: string): Promise<PipelineRow[]>;
  /** The delivery with this number, once it has an outcome. */
  outcome(guid: string): Promise<DeliveryView>;
  /** The delivery of the push that made this commit, once it has an outcome. */
  outcomeOf(sha: string): Promise<DeliveryView>;
  jobs(pipelineId: number): Promise<{ id: number; name: string; status: string; retried: boolean; index: number }[]>;
  /** Delivers a body, signed by GitHub, that no push of it made. */
  deliver(payload: unknown, more?: { event?: string; guid?: string; bodyBase64?: string }): Promise<string>;
  /** Moves the clock of Crosstie and of GitHub. */
  passTime(ms: number): Promise<void>;
  /** The body of the last push that GitHub sent. */
  lastPush(): Promise<Record<string, unknown>>;
}

/** Starts it; everything comes in by webhook, form and API. */
export async function startPushingStage(options: StageOptions = {}): Promise<PushingStage> {
  const stage = await startStage(options);
  const { github } = stage;
  const kim = await github.createUser({ login: 'kim' });
  const dana = await github.createUser({ login: 'dana' });
  const erin = await github.createUser({ login: 'erin' });
  await github.createOrganization({ login: 'acme', members: { kim: 'admin' } });
  await github.createRepository({ owner: 'acme', name: 'widget', private: true, files: { [ciPath]: twoStages } });
  for (const login of ['dana', 'erin']) await github.addCollaborator(repository, login, 'write');
  await stage.setUp('kim', 'acme');
  const project = await stage.project(repository);
  await stage.signIn('dana');
  const [app] = await stage.context.database.dataSource.query<{ slug: string }[]>('SELECT slug FROM github_app');
  const rows = async <R>(sql: string, ...values: unknown[]): Promise<R[]> =>
    (await stage.context.database.pool.query(sql, values)).rows as R[];
  const pipelines = (sha: string) => rows<PipelineRow>('SELECT * FROM pipeline WHERE sha = $1 ORDER BY id', sha);
  const delivery = (guid: string) => rows<DeliveryView>('SELECT * FROM webhook_delivery WHERE guid = $1', guid);
  let pushes = 0;
  const outcome = (guid: string) =>
    until(async () => (await delivery(guid)).find((one) => one.state === 'done' || one.state === 'dead'), guid);
  return {
    ...stage,
    kim,
    dana,
    erin,
    rows,
    pipelines,
    appSlug: app?.slug ?? '',
    projectId: project.id,
    asDana: await stage.api('dana'),
    async push(files, { pusher = 'dana', ...more } = {}) {
      const refs = await github.refs(repository);
      const isNew = more.branch !== undefined && refs[`refs/heads/${more.branch}`] === undefined;
      const parent = isNew ? { parent: refs['refs/heads/main'] ?? null } : {};
      // Two commits of the same second with the same content would be one commit.
      pushes += 1;
      const unique = { ...files, 'push-number.txt': String(pushes) };
      return (await github.push(repository, { pusher, files: unique, ...more, ...parent })).after;
    },
    pipelineOf: (sha) => until(async () => (await pipelines(sha))[0], `the pipeline of ${sha}`),
    outcome,
    async outcomeOf(sha) {
      const guid = await until(async () => {
        const sent = await github.deliveries({ event: 'push' });
        return sent.find(({ payload }) => (payload as { after?: string }).after === sha)?.guid;
      }, `GitHub's delivery of ${sha}`);
      return outcome(guid);
    },
    jobs: (pipelineId) =>
      rows('SELECT id, name, status, retried, index FROM job WHERE pipeline_id = $1 ORDER BY id', pipelineId),
    async deliver(payload, { event = 'push', ...more } = {}) {
      const sent = await github.deliver({ app: app?.slug ?? '', event, payload, ...more });
      if (sent.statusCode !== 202 || !sent.guid) throw new Error(`answered ${sent.statusCode}: ${sent.responseBody}`);
      return sent.guid;
    },
    async passTime(ms) {
      await github.advanceClock(ms);
      stage.clock.advance(ms);
    },
    async lastPush() {
      const sent = await github.deliveries({ event: 'push' });
      const last = sent.toSorted((a, b) => a.deliveredAt.localeCompare(b.deliveredAt)).at(-1);
      return structuredClone(last?.payload) as Record<string, unknown>;
    },
  };
}
