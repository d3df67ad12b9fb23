import { Deliveries1764000000001 } from './0001-deliveries.js';
import { People1764000000002 } from './0002-people.js';
import { Vault1764000000003 } from './0003-vault.js';
import { Projects1764000000004 } from './0004-projects.js';
import { Pipelines1764000000005 } from './0005-pipelines.js';
import { Queue1764000000006 } from './0006-queue.js';
import { Runners1764000000007 } from './0007-runners.js';
import { TracesAndArtifacts1764000000008 } from './0008-traces-and-artifacts.js';
import { Verdicts1764000000009 } from './0009-verdicts.js';
import { Outbox1764000000010 } from './0010-outbox.js';
import { Audit1764000000011 } from './0011-audit.js';
import { LogsAndFiles1764000000012 } from './0012-logs-and-files.js';
import { Language1764000000013 } from './0013-language.js';
import { MaskedTails1764000000014 } from './0014-masked-tails.js';
import { GracefulCancel1764000000015 } from './0015-graceful-cancel.js';
import { Environments1764000000016 } from './0016-environments.js';
import { EndedEnvironments1764000000017 } from './0017-ended-environments.js';
import { AutoStop1764000000018 } from './0018-auto-stop.js';
import { StatusBudget1764000000019 } from './0019-status-budget.js';
import { AuditChain1764000000020 } from './0020-audit-chain.js';

/** In order; a new one goes to the end and is never changed once released. */
export const migrations = [
  Deliveries1764000000001,
  People1764000000002,
  Vault1764000000003,
  Projects1764000000004,
  Pipelines1764000000005,
  Queue1764000000006,
  Runners1764000000007,
  TracesAndArtifacts1764000000008,
  Verdicts1764000000009,
  Outbox1764000000010,
  Audit1764000000011,
  LogsAndFiles1764000000012,
  Language1764000000013,
  MaskedTails1764000000014,
  GracefulCancel1764000000015,
  Environments1764000000016,
  EndedEnvironments1764000000017,
  AutoStop1764000000018,
  StatusBudget1764000000019,
  AuditChain1764000000020,
];
