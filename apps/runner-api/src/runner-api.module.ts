import { AccessModule } from '@crosstie/access';
import { ContextModule, type ServiceContext } from '@crosstie/messaging';
import { ObjectStore, openObjectStore, PageAnswer, ReadinessCheck } from '@crosstie/platform';
import { TokenClientModule } from '@crosstie/token-vault';
import { type DynamicModule, Injectable, Module } from '@nestjs/common';

import { ArchiveCallers } from './archives/archive-callers.js';
import { ArchiveViewsController } from './archives/archive-views.controller.js';
import { Archives } from './archives/archives.js';
import { ArchivesController } from './archives/archives.controller.js';
import { ArtifactSweep } from './artifacts/artifact-sweep.js';
import { Artifacts } from './artifacts/artifacts.js';
import { ArtifactsController } from './artifacts/artifacts.controller.js';
import { JobAuth } from './handouts/job-auth.js';
import { JobUpdates } from './handouts/job-updates.js';
import { JobUpdatesController } from './handouts/job-updates.controller.js';
import { Reaper } from './handouts/reaper.js';
import { Payloads } from './payload/payloads.js';
import { Claims } from './queue/claims.js';
import { JobRequests } from './queue/job-requests.js';
import { JobRequestsController } from './queue/job-requests.controller.js';
import { LaneBook } from './queue/lane-book.js';
import { WaitingRoom } from './queue/waiting-room.js';
import { RunnerActions } from './people/runner-actions.js';
import { RunnerReads } from './people/runner-reads.js';
import { RunnerSharingController } from './people/runner-sharing.controller.js';
import { RunnersController } from './people/runners.controller.js';
import { BadTokens } from './runners/bad-tokens.js';
import { Managers } from './runners/managers.js';
import { RunnerAuth } from './runners/runner-auth.js';
import { RunnerLifecycleController } from './runners/runner-lifecycle.controller.js';
import { JobSecrets } from './traces/job-secrets.js';
import { LogHeads } from './traces/log-heads.js';
import { TraceArchive } from './traces/trace-archive.js';
import { Traces } from './traces/traces.js';
import { TracesController } from './traces/traces.controller.js';

/** Logs and artifacts can be stored and read. */
@Injectable()
class StoreReadiness extends ReadinessCheck {
  readonly name = 'object store';

  constructor(private readonly store: ObjectStore) {
    super();
  }

  check(): Promise<void> {
    return this.store.check();
  }
}

/** The GitLab Runner protocol, and runners as people see them. */
@Module({})
export class RunnerApiModule {
  static register(context: ServiceContext): DynamicModule {
    return {
      module: RunnerApiModule,
      imports: [ContextModule.of(context), TokenClientModule.of(context), AccessModule.of(context)],
      controllers: [
        RunnerLifecycleController,
        JobRequestsController,
        JobUpdatesController,
        TracesController,
        ArtifactsController,
        ArchivesController,
        ArchiveViewsController,
        RunnersController,
        RunnerSharingController,
      ],
      providers: [
        { provide: ObjectStore, useFactory: () => openObjectStore(context.config.objectStore) },
        StoreReadiness,
        BadTokens,
        RunnerAuth,
        Managers,
        LaneBook,
        WaitingRoom,
        Payloads,
        Claims,
        JobRequests,
        JobAuth,
        JobUpdates,
        Reaper,
        JobSecrets,
        LogHeads,
        Traces,
        TraceArchive,
        Artifacts,
        ArtifactSweep,
        ArchiveCallers,
        Archives,
        PageAnswer,
        RunnerReads,
        RunnerActions,
      ],
    };
  }
}
