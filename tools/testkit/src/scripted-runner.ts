/** What a scripted runner keeps of a job. */
export interface ScriptedJob {
  id: number;
  token: string;
}

/** Speaks the runner protocol by hand, one call at a time: nothing is run, nothing is logged. */
export class ScriptedRunner {
  /** What the server said of its queue; who sends it back is held until there is a job. */
  private lastUpdate: string | null = null;

  constructor(
    readonly url: string,
    readonly token: string,
    readonly systemId = 's_scripted00000',
  ) {}

  /** Asks until there is a job, acknowledges it and reports success. */
  async runOne(): Promise<ScriptedJob> {
    const job = await this.take();
    await this.update(job, { state: 'running' });
    await this.update(job, { state: 'success' });
    return job;
  }

  /** Asks until there is a job. */
  async take(signal?: AbortSignal): Promise<ScriptedJob> {
    for (;;) {
      const answer = await this.request(signal ? { signal } : {});
      if (answer.status === 201) return (await answer.json()) as ScriptedJob;
      await answer.arrayBuffer();
      if (answer.status !== 204) throw new Error(`jobs/request answered ${answer.status}`);
    }
  }

  /** One `POST jobs/request`; held when an earlier one was answered. */
  async request(init: RequestInit = {}): Promise<Response> {
    const answer = await fetch(`${this.url}/api/v4/jobs/request`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'runner-token': this.token },
      body: JSON.stringify({
        token: this.token,
        system_id: this.systemId,
        last_update: this.lastUpdate ?? undefined,
        info: { name: 'scripted', executor: 'shell', features: { two_phase_job_commit: true } },
      }),
      ...init,
    });
    this.lastUpdate = answer.headers.get('x-gitlab-last-update');
    return answer;
  }

  /** One `PUT jobs/:id`; anything but 200 is an error. */
  async update(job: ScriptedJob, body: Record<string, unknown>): Promise<void> {
    const answer = await fetch(`${this.url}/api/v4/jobs/${job.id}`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json', 'job-token': job.token },
      body: JSON.stringify({ token: job.token, ...body }),
    });
    await answer.arrayBuffer();
    if (answer.status !== 200) throw new Error(`PUT of job ${job.id} answered ${answer.status}`);
  }
}
