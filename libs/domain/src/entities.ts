import { RunnerProject } from './runners/runner-project.entity.js';
import { JobSecret } from './traces/job-secret.entity.js';
import { JobDotenv } from './artifacts/job-dotenv.entity.js';
import { WebhookDelivery } from './deliveries/webhook-delivery.entity.js';
import { User } from './people/user.entity.js';
import { Identity } from './people/identity.entity.js';
import { TermsVersion } from './people/terms-version.entity.js';
import { Acceptance } from './people/acceptance.entity.js';
import { Seat } from './people/seat.entity.js';
import { Membership } from './people/membership.entity.js';
import { Session } from './people/session.entity.js';
import { AccessToken } from './people/access-token.entity.js';
import { Setup } from './people/setup.entity.js';
import { ServerSetting } from './people/server-setting.entity.js';
import { GithubApp } from './vault/github-app.entity.js';
import { Credential } from './vault/credential.entity.js';
import { TokenLease } from './vault/token-lease.entity.js';
import { Installation } from './projects/installation.entity.js';
import { Project } from './projects/project.entity.js';
import { Pipeline } from './pipelines/pipeline.entity.js';
import { PipelineAttempt } from './pipelines/pipeline-attempt.entity.js';
import { PipelineDefinition } from './pipelines/pipeline-definition.entity.js';
import { Job } from './pipelines/job.entity.js';
import { Environment } from './pipelines/environment.entity.js';
import { JobVariables } from './pipelines/job-variables.entity.js';
import { ResourceGroup } from './pipelines/resource-group.entity.js';
import { Lane } from './queue/lane.entity.js';
import { QueueEntry } from './queue/queue-entry.entity.js';
import { Runner } from './runners/runner.entity.js';
import { RunnerManager } from './runners/runner-manager.entity.js';
import { Trace } from './traces/trace.entity.js';
import { TraceChunk } from './traces/trace-chunk.entity.js';
import { Artifact } from './artifacts/artifact.entity.js';
import { CommitStatus } from './verdicts/commit-status.entity.js';
import { StatusBudget } from './verdicts/status-budget.entity.js';
import { OutboxEvent } from './outbox/outbox-event.entity.js';
import { EventAttempt } from './outbox/event-attempt.entity.js';
import { BusPosition } from './outbox/bus-position.entity.js';
import { DeadLetter } from './outbox/dead-letter.entity.js';
import { AuditEvent } from './audit/audit-event.entity.js';

/** Every table of the house, by group. */
export const entities = [
  WebhookDelivery,
  User,
  Identity,
  TermsVersion,
  Acceptance,
  Seat,
  Membership,
  Session,
  AccessToken,
  Setup,
  ServerSetting,
  GithubApp,
  Credential,
  TokenLease,
  Installation,
  Project,
  Pipeline,
  PipelineAttempt,
  PipelineDefinition,
  Job,
  Environment,
  JobVariables,
  ResourceGroup,
  Lane,
  QueueEntry,
  Runner,
  RunnerManager,
  RunnerProject,
  Trace,
  TraceChunk,
  JobSecret,
  Artifact,
  JobDotenv,
  CommitStatus,
  StatusBudget,
  OutboxEvent,
  EventAttempt,
  BusPosition,
  DeadLetter,
  AuditEvent,
];
