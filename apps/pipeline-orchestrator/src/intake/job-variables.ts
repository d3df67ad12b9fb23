import { predefinedVariables, type CompileContext, type CompiledJob } from '@crosstie/ci-config';

/** A variable as the runner takes it. */
export interface JobVariable {
  readonly key: string;
  readonly value: string;
  readonly public: boolean;
  readonly masked: boolean;
  /** The runner does not look for `$OTHER` in it. */
  readonly raw: boolean;
  readonly file: boolean;
}

/** Where a pipeline belongs: known before there is one, so that includes and rules can speak of it. */
export interface PlaceFacts {
  readonly serverUrl: string;
  readonly githubWebUrl: string;
  readonly projectId: number;
  readonly fullName: string;
  readonly ownerId: number;
  readonly isPrivate: boolean;
  readonly githubHost: string;
  readonly githubRepositoryId: number;
}

/** What the variables of a pipeline speak of, beside the compiler's context. */
export interface VariableFacts extends PlaceFacts {
  readonly pipelineId: number;
  readonly createdAt: Date;
  readonly configPath: string;
  readonly pipelineName: string | null;
  readonly author: string | null;
  readonly authoredAt: string | null;
}

/**
 * The predefined variables that are known when a pipeline is made. All are raw: a branch's or an
 * author's name is data, also when it holds a dollar sign. The number in the project, the job's own
 * and the person's are added where the job is handed out.
 */
export function pipelineVariables(context: CompileContext, facts: VariableFacts): JobVariable[] {
  const all = new Map(predefinedVariables(context, facts.configPath));
  const pipelineUrl = `${facts.serverUrl}/${facts.fullName}/-/pipelines/${facts.pipelineId}`;
  const known: Record<string, string | null> = {
    ...placeVariables(facts),
    CI_PIPELINE_ID: String(facts.pipelineId),
    CI_PIPELINE_URL: pipelineUrl,
    CI_PIPELINE_CREATED_AT: facts.createdAt.toISOString(),
    CI_PIPELINE_NAME: facts.pipelineName,
    CI_COMMIT_AUTHOR: facts.author,
    CI_COMMIT_TIMESTAMP: facts.authoredAt,
  };
  for (const [key, value] of Object.entries(known)) if (value !== null) all.set(key, value);
  return [...all].map(([key, value]) => ({ key, value, public: true, masked: false, raw: true, file: false }));
}

/** The predefined variables of server and project. */
export function placeVariables(facts: PlaceFacts): Record<string, string> {
  const server = new URL(facts.serverUrl);
  return {
    CI_SERVER_URL: facts.serverUrl,
    CI_SERVER_HOST: server.hostname,
    CI_SERVER_PORT: server.port || (server.protocol === 'https:' ? '443' : '80'),
    CI_SERVER_PROTOCOL: server.protocol.slice(0, -1),
    CI_SERVER_FQDN: server.host,
    CI_SERVER_SHELL_SSH_HOST: facts.githubHost,
    CI_SERVER_SHELL_SSH_PORT: '22',
    CI_API_V4_URL: `${facts.serverUrl}/api/v4`,
    CI_PROJECT_ID: String(facts.projectId),
    CI_PROJECT_NAMESPACE_ID: String(facts.ownerId),
    CI_PROJECT_URL: `${facts.githubWebUrl}/${facts.fullName}`,
    CI_PROJECT_VISIBILITY: facts.isPrivate ? 'private' : 'public',
    CROSSTIE_GITHUB_HOST: facts.githubHost,
    CROSSTIE_GITHUB_REPOSITORY_ID: String(facts.githubRepositoryId),
  };
}

/** What a job adds to them: its name, and the variables of the configuration, which win. */
export function ownVariables(job: CompiledJob): JobVariable[] {
  const plain = { public: true, masked: false, file: false };
  const named = [
    { key: 'CI_JOB_NAME', value: job.name, raw: true, ...plain },
    { key: 'CI_JOB_STAGE', value: job.stage, raw: true, ...plain },
  ];
  const written = Object.entries(job.variables).map(([key, given]) => ({
    key,
    value: typeof given === 'string' ? given : given.value,
    raw: typeof given !== 'string',
    ...plain,
  }));
  return [...named, ...written];
}
