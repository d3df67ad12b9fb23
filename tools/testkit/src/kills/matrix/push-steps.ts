import { guidsBySha } from '../../storm/evidence.js';
import type { StormHouse } from '../../storm/house.js';
import type { Push } from '../../storm/traffic.js';

export const stepNames = ['delivered', 'intake', 'created', 'running', 'finished', 'confirmed'] as const;

/** How far a push has come; GitHub has sent it in any case. */
export type Step = (typeof stepNames)[number];

export type StepCounts = Record<Step, number>;

/** How many of the pushes are in each step now, each counted in the furthest that it has reached. */
export async function countSteps(house: StormHouse, pushes: readonly Push[]): Promise<StepCounts> {
  const counts = Object.fromEntries(stepNames.map((name) => [name, 0])) as StepCounts;
  const guids = await guidsBySha(house);
  const shas = pushes.map(({ sha }) => sha);
  const pipelines = await house.rows<{ sha: string; status: string; confirmed: boolean }>(
    `SELECT p.sha, p.status, coalesce(s.final AND s.sent_version >= s.version, false) AS confirmed
       FROM pipeline p LEFT JOIN commit_status s ON s.project_id = p.project_id AND s.sha = p.sha
      WHERE p.sha = ANY ($1)`,
    shas,
  );
  const stored = await house.rows<{ guid: string }>('SELECT guid FROM webhook_delivery');
  const known = new Set(stored.map(({ guid }) => guid));
  const bySha = new Map(pipelines.map((pipeline) => [pipeline.sha, pipeline]));
  for (const sha of shas) {
    const pipeline = bySha.get(sha);
    const taken = [...(guids.get(sha) ?? [])].some((guid) => known.has(guid));
    counts[pipeline ? stepOf(pipeline) : taken ? 'intake' : 'delivered'] += 1;
  }
  return counts;
}

function stepOf({ status, confirmed }: { status: string; confirmed: boolean }): Step {
  if (confirmed) return 'confirmed';
  if (['success', 'failed', 'canceled', 'skipped'].includes(status)) return 'finished';
  return status === 'running' ? 'running' : 'created';
}
