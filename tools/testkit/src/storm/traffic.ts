import type { SimulatorControl } from '@crosstie/github-simulator';

import type { Api } from '../api.js';
import { repository } from '../world.js';
import type { PushKind } from './plan.js';

/** What the storm has pushed, and what it has pressed about it since. */
export interface Push {
  sha: string;
  kind: PushKind;
  /** Somebody may have canceled or retried its pipeline: it may begin again after its end. */
  pressed: boolean;
}

/** A line of source that no store of ours may ever hold. */
export const sourceCanary = 'int answer = 42; /* a line of source that nobody may keep, in a storm either */';

const path = 'gitlab/.gitlab-ci.yml';

/** Every push is to have its verdict, also when the next one comes at once. */
const flow = 'workflow: { auto_cancel: { on_new_commit: none } }\n';

const ciFile = (build: string, unit: string): string => `${flow}stages: [build, test, report]
build:
  stage: build
  script:
    - ${build}
    - mkdir -p out && echo "$CI_COMMIT_SHA" > out/sha
  artifacts: { paths: [out/] }
unit: { stage: test, script: ['test "$(cat out/sha)" = "$CI_COMMIT_SHA"', '${unit}'] }
lint: { stage: test, needs: [], script: [grep -c answer main.c] }
report: { stage: report, script: [echo done] }
`;

/** Enough for a log, an artifact and a need. */
const shortFile = `${flow}stages: [build, test]
build: { stage: build, script: ['mkdir -p out && echo "$CI_COMMIT_SHA" > out/sha'], artifacts: { paths: [out/] } }
unit: { stage: test, script: ['test "$(cat out/sha)" = "$CI_COMMIT_SHA"', 'seq 20'] }
`;

const ciFiles: Record<PushKind, string | null> = {
  good: ciFile('echo built', 'echo tested'),
  failing: ciFile('echo built', 'exit 7'),
  talkative: ciFile('for n in $(seq 60); do echo "line $n of the build, $RANDOM"; sleep 0.03; done', 'seq 5000'),
  slow: ciFile('sleep 2', 'sleep 3'),
  unlinked: ciFile('echo built', 'echo tested'),
  broken: 'build: { script: 7 }\n',
  without: null,
  branch: ciFile('echo built', 'echo tested'),
  gone: ciFile('echo built', 'echo tested'),
  short: shortFile,
};

/** The people's part of a storm: pushes, and now and then a button. */
export class Traffic {
  readonly pushes: Push[] = [];
  /** Buttons whose answer was a success, and all that were pressed. */
  readonly buttons = { taken: 0, pressed: 0 };

  constructor(
    private readonly github: SimulatorControl,
    private readonly person: Api,
  ) {}

  async push(kind: PushKind): Promise<void> {
    const number = this.pushes.length + 1;
    const pusher = kind === 'unlinked' ? 'erin' : 'dana';
    const branch = kind === 'branch' || kind === 'gone' ? `topic-${number}` : 'main';
    const files = { [path]: ciFiles[kind], 'push.txt': `${number}\n`, 'main.c': `${sourceCanary}\n` };
    const { after } = await this.github.push(repository, { pusher, branch, files });
    this.pushes.push({ sha: after, kind, pressed: false });
    if (kind === 'gone') await this.github.setRef(repository, { ref: `refs/heads/${branch}`, sha: null, pusher });
  }

  /** Nobody knows what becomes of it where the server is away. */
  async press(button: 'cancel' | 'retry', back: number): Promise<void> {
    const push = this.pushes.at(-back);
    if (!push) return;
    const base = `/api/v4/projects/${encodeURIComponent(repository)}/pipelines`;
    const found = await this.person.get(`${base}?sha=${push.sha}`).catch(() => null);
    const [pipeline] = found?.status === 200 ? (found.body as { id: number }[]) : [];
    if (!pipeline) return;
    push.pressed = true;
    this.buttons.pressed += 1;
    const answer = await this.person.post(`${base}/${pipeline.id}/${button}`).catch(() => null);
    if (answer && answer.status < 300) this.buttons.taken += 1;
  }
}
