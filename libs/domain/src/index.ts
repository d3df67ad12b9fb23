export { connectWhenThere } from './database/connect.js';
export { createDataSource } from './database/data-source.js';
export { Database, Transaction } from './database/database.js';
export type { Queryable } from './database/database.js';
export { migrate, migrationsPending } from './database/migrate.js';
export { grantServices, privilegesOf, roleOf } from './grants/grant-services.js';
export { missingGrants } from './grants/missing-grants.sql.js';
export { serviceGrants } from './grants/service-grants.js';
export type { GrantedService } from './grants/service-grants.js';
export { PoolerBetween } from './database/refuse-pooler.js';
export { statement } from './database/statement.js';
export type { Parameter, ParametersOf, Statement, TableUse } from './database/statement.js';

// deliveries
export { WebhookDelivery } from './deliveries/webhook-delivery.entity.js';
export { acceptDelivery } from './deliveries/accept-delivery.sql.js';
export { buryDelivery } from './deliveries/bury-delivery.sql.js';
export { claimDueDeliveries } from './deliveries/claim-due-deliveries.sql.js';
export { postponeDelivery } from './deliveries/postpone-delivery.sql.js';
export { readDelivery } from './deliveries/read-delivery.sql.js';
export type { StoredDelivery } from './deliveries/read-delivery.sql.js';
export { recoverDelivery } from './deliveries/recover-delivery.sql.js';
export { moveRecoveryMark, readRecoveryMark, rewindRecoveryMark } from './deliveries/recovery-mark.sql.js';
export { replayDelivery } from './deliveries/replay-delivery.sql.js';
export { reviveDelivery } from './deliveries/revive-delivery.sql.js';
export { settleDelivery } from './deliveries/settle-delivery.sql.js';
export { storedBody } from './deliveries/stored-body.js';
export { unknownGuids } from './deliveries/unknown-guids.sql.js';

// people
export { User } from './people/user.entity.js';
export { Identity } from './people/identity.entity.js';
export { Seat } from './people/seat.entity.js';
export { Membership } from './people/membership.entity.js';
export { AccessToken } from './people/access-token.entity.js';
export { countUsers, createUser, findUser, isUsername, listUsers } from './people/create-user.js';
export type { NewUser, UserRow } from './people/create-user.js';
export {
  accessTokenDaysMax,
  accessTokenScopes,
  countAccessTokens,
  createAccessToken,
  listAccessTokens,
  revokeAccessToken,
} from './people/access-tokens.js';
export type { AccessTokenRow } from './people/access-tokens.js';
export { accessFacts } from './people/access-facts.sql.js';
export type { AccessFacts } from './people/access-facts.sql.js';
export { findActorBySession, findActorByToken, touchAccessToken, touchSession } from './people/find-actor.sql.js';
export type { ActorRow } from './people/find-actor.sql.js';
export {
  breakIdentity,
  identityByGithubUser,
  identityOf,
  linkIdentity,
  restoreIdentity,
  unlinkIdentity,
} from './people/identities.js';
export type { IdentityRow } from './people/identities.js';
export { addMember, countMembers, listMembers, removeMember, setMember } from './people/members.js';
export type { AccessLevel, MemberRow } from './people/members.js';
export { personChanged } from './people/person-changed.js';
export type { StoredPersonEvent } from './people/person-changed.js';
export { randomToken, tokenHash } from './people/random-token.js';
export { resolveSender } from './people/resolve-sender.sql.js';
export type { SenderRow } from './people/resolve-sender.sql.js';
export { findProjectRef } from './people/find-project-ref.sql.js';
export { listSeats, releaseSeat, seatOf, takeSeat } from './people/seats.js';
export type { SeatRow } from './people/seats.js';
export {
  deleteEndedSessions,
  deleteOtherSessions,
  deleteSession,
  findSession,
  insertSession,
  mergeSessionData,
  takeSessionValue,
} from './people/sessions.sql.js';
export { completeSetup, readSetup, setupTriesMax, storeSetupCode, trySetupCode } from './people/setup.sql.js';
export { acceptTerms, acceptedTermsAt, currentTerms, publishTerms } from './people/terms.js';
export type { Terms } from './people/terms.js';

// vault
export { GithubApp } from './vault/github-app.entity.js';
export {
  credentialsUnderOldKeys,
  deleteCredentials,
  findCredentials,
  lockCredential,
  putCredential,
  rewrapCredential,
} from './vault/credentials.sql.js';
export type { CredentialRow } from './vault/credentials.sql.js';
export { findGithubApp, putGithubApp } from './vault/github-app.sql.js';
export type { GithubAppRow } from './vault/github-app.sql.js';
export { findCloneTarget, findLeasePerson, findLeaseTarget } from './vault/lease-target.sql.js';
export type { LeasePerson, LeaseTarget } from './vault/lease-target.sql.js';
export {
  closeExpiredLeases,
  countLiveTokens,
  detachLeases,
  cloneLeasesOf,
  findCloneLease,
  findCloneRoom,
  findLease,
  findSharedLease,
  insertLease,
  leasesUnderOldKeys,
  markLeaseRevoked,
  postponeRevocation,
  retireChainLeases,
  retireLeftLeases,
  retirePipelineLeases,
  rewrapLease,
  takeLeasesToRevoke,
} from './vault/leases.sql.js';
export type { LeaseRow, RetiredLease } from './vault/leases.sql.js';

// projects
export { setAutoCancel } from './projects/change-project.sql.js';
export { Installation } from './projects/installation.entity.js';
export { Project } from './projects/project.entity.js';
export { findNeighbourProject } from './projects/find-neighbour-project.sql.js';
export type { NeighbourProject } from './projects/find-neighbour-project.sql.js';
export { findPushTarget, installationNewsOpen, numberPushTarget } from './projects/find-push-target.sql.js';
export type { NumberedPushTarget, PushTarget } from './projects/find-push-target.sql.js';
export {
  findInstallation,
  removeInstallation,
  renameAccount,
  saveInstallation,
} from './projects/save-installation.sql.js';
export { describeProject, saveProjects, tellProjects, withdrawProjects } from './projects/save-projects.sql.js';
export type { ToldProject } from './projects/save-projects.sql.js';

// pipelines
export { Pipeline } from './pipelines/pipeline.entity.js';
export { PipelineAttempt } from './pipelines/pipeline-attempt.entity.js';
export { findForRetry } from './pipelines/find-for-retry.sql.js';
export type { RefusedPipeline } from './pipelines/find-for-retry.sql.js';
export { latestPipelines } from './pipelines/latest-pipelines.sql.js';
export { insertPipeline, startNextAttempt } from './pipelines/insert-pipeline.sql.js';
export type { PipelineEvent, ToldPipeline } from './pipelines/insert-pipeline.sql.js';
export { lockPipeline, lookAtPipeline, readJobStates, readPipelineGraph } from './pipelines/lock-pipeline.sql.js';
export type { LockedPipeline } from './pipelines/lock-pipeline.sql.js';
export { noteJobStarted } from './pipelines/note-job-started.sql.js';
export { findJob, passFailures, renewJobs, retireJobs, unqueueJobs } from './pipelines/renew-jobs.sql.js';
export { duePipelines } from './pipelines/due-pipelines.sql.js';
export {
  giveJobTo,
  jobVariablesUnderOldKeys,
  keepJobVariables,
  noteCoverage,
  readJobVariables,
  rewrapJobVariables,
} from './pipelines/played-jobs.sql.js';
export { Environment } from './pipelines/environment.entity.js';
export {
  environmentId,
  environmentsToStop,
  type LastDeployment,
  lastDeployments,
  stopEnvironment,
} from './pipelines/environments.sql.js';
export { noteAutoCanceled, redundantPipelines, startedJobs } from './pipelines/redundant-pipelines.sql.js';
export {
  freeResources,
  grantResource,
  lockResource,
  setProcessMode,
  resourcesOf,
  upcomingJobs,
} from './pipelines/resources.sql.js';
export { JobVariables } from './pipelines/job-variables.entity.js';
export { ResourceGroup } from './pipelines/resource-group.entity.js';
export { projectReach, requeueProject } from './pipelines/requeue-project.sql.js';
export { stuckPipelines, touchPipeline } from './pipelines/stuck-pipelines.sql.js';
export { writeAdvance } from './pipelines/write-advance.sql.js';
export { Job } from './pipelines/job.entity.js';

// queue
export { Lane } from './queue/lane.entity.js';
export { claimJob } from './queue/claim-job.sql.js';
export type { ClaimedJob } from './queue/claim-job.sql.js';
export { fittingLanes } from './queue/fitting-lanes.sql.js';
export { laneRunners, type LaneRunners } from './queue/lane-runners.sql.js';
export { LaneMarks } from './queue/lane-marks.js';
export type { Begin } from './queue/lane-marks.js';
export { enqueueSql } from './queue/enqueue.sql.js';
export { lanesFor } from './queue/lanes-for.js';
export { lanesWithWork } from './queue/lanes-with-work.sql.js';
export type { LaneWithWork } from './queue/lanes-with-work.sql.js';
export { moveStranded } from './queue/move-stranded.sql.js';
export { returnJob, returnUnacknowledged } from './queue/return-job.sql.js';

// hand-outs: jobs in the hands of runners
export { leftByDependencies, jobDefinitionPart } from './handouts/dependencies.sql.js';
export { failHandout, finishJob } from './handouts/finish-job.sql.js';
export type { FinishedJob } from './handouts/finish-job.sql.js';
export { heldJob } from './handouts/held-job.sql.js';
export type { HeldJob } from './handouts/held-job.sql.js';
export { keepJob } from './handouts/keep-job.sql.js';
export { reapStuck } from './handouts/reap-stuck.sql.js';
export type { StuckJob } from './handouts/reap-stuck.sql.js';
export { leadReaping, reapJobs } from './handouts/reap-jobs.sql.js';
export type { ReapedJob } from './handouts/reap-jobs.sql.js';

// runners
export { Runner } from './runners/runner.entity.js';
export { RunnerProject } from './runners/runner-project.entity.js';
export { jobsOfRunner, shareRunner, unshareRunner } from './runners/runner-projects.sql.js';
export type { RunnerJob } from './runners/runner-projects.sql.js';
export { RunnerManager } from './runners/runner-manager.entity.js';
export { authenticateRunner } from './runners/authenticate-runner.sql.js';
export type { AuthenticatedRunner } from './runners/authenticate-runner.sql.js';
export { changeRunner, endRunnerToken, removeRunner, replaceRunnerToken } from './runners/change-runner.sql.js';
export { createRunner } from './runners/create-runner.sql.js';
export { recordManager, removeManager, touchManagers } from './runners/runner-managers.sql.js';

// traces
export { Trace } from './traces/trace.entity.js';
export type { TraceMember } from './traces/trace.entity.js';
export { JobSecret } from './traces/job-secret.entity.js';
export { appendChunk } from './traces/append-chunk.sql.js';
export type { AppendedChunk } from './traces/append-chunk.sql.js';
export { traceStored, tracesToStore } from './traces/archive-trace.sql.js';
export type { TraceToStore } from './traces/archive-trace.sql.js';
export { readTrace } from './traces/read-trace.sql.js';
export type { TracePart } from './traces/read-trace.sql.js';
export { traceSizes } from './traces/trace-sizes.sql.js';
export { resetTrace, showTail, traceHead } from './traces/trace-size.sql.js';
export type { TraceHead } from './traces/trace-size.sql.js';
export { findJobSecrets, keepJobSecrets } from './traces/job-secrets.sql.js';
export type { FoundJobSecrets } from './traces/job-secrets.sql.js';
export { watchTraces } from './traces/watch-traces.sql.js';
export { writeNote } from './traces/write-note.sql.js';

// artifacts
export { eraseJob } from './artifacts/erase-job.sql.js';
export { archiveOfRef } from './artifacts/archive-of-ref.sql.js';
export {
  dropJobArtifacts,
  expireProjectArtifacts,
  keepJobArtifacts,
  unnamedObjects,
} from './artifacts/drop-artifacts.sql.js';
export { JobDotenv } from './artifacts/job-dotenv.entity.js';
export { Artifact } from './artifacts/artifact.entity.js';
export { dropExpiredArtifacts } from './artifacts/expired-artifacts.sql.js';
export { findArtifact } from './artifacts/find-artifact.sql.js';
export type { FoundArtifact } from './artifacts/find-artifact.sql.js';
export { storeDotenv } from './artifacts/store-dotenv.sql.js';
export { storeArtifact } from './artifacts/store-artifact.sql.js';

// verdicts
export { CommitStatus } from './verdicts/commit-status.entity.js';
export { claimStatus, dueInstallations } from './verdicts/claim-status.sql.js';
export type { ClaimedStatus } from './verdicts/claim-status.sql.js';
export { releaseStatuses, sendStatusAgain, statusNotSent, statusSent } from './verdicts/settle-status.sql.js';
export { speakingPipeline } from './verdicts/speaking-pipeline.sql.js';
export { unspokenPipelines } from './verdicts/unspoken-pipelines.sql.js';
export { wantStatus } from './verdicts/want-status.sql.js';

// outbox
export { streamBounds, streamEvents } from './outbox/stream-events.sql.js';
export type { StreamEventRow } from './outbox/stream-events.sql.js';
export { appendEvents } from './outbox/append-events.sql.js';
export { eventsFrom, outboxLag, unpublishedEvents } from './outbox/read-events.sql.js';
export type { EventRow } from './outbox/read-events.sql.js';
export { busPosition, markHandedOut, markPublished } from './outbox/mark-published.sql.js';
export {
  beginAttempt,
  endAttempts,
  endedInCrash,
  postponeEvent,
  postponedEvents,
} from './outbox/event-attempts.sql.js';
export { buryEvent, countDeadLetters, listDeadLetters, replayDeadLetterEvent } from './outbox/dead-letters.sql.js';
export type { DeadLetterRow } from './outbox/dead-letters.sql.js';
export { dropOldAttempts, dropOldEvents } from './outbox/drop-events.sql.js';

// audit
export { recordAudit } from './audit/record-audit.js';
export { verifyAudit } from './audit/verify-audit.js';
export type { AuditState } from './audit/verify-audit.js';
export type { AuditEntry } from './audit/record-audit.js';
