export { startGitHubSimulator, type GitHubSimulator, type SimulatorOptions } from './simulator.js';
export { ControlError, SimulatorControl } from './control/client.js';
export { worstSwitches, type Switches } from './state/switches.js';
export { signature256 } from './webhooks/sender.js';
export type { CommitState, Level, Permissions, Role } from './state/model.js';
export type {
  ContractViolation,
  CreatedApp,
  CreatedOauthApp,
  CreatedOrganization,
  CreatedRepository,
  CreatedUser,
  DeliveryFaultRule,
  FileContent,
  ForgedPush,
  InstallationState,
  IssuedSecret,
  Lag,
  NewApp,
  NewOauthApp,
  NewInstallation,
  NewOrganization,
  NewPush,
  NewRef,
  NewRepository,
  NewUser,
  PushedCommit,
  PushResult,
  RawDelivery,
  ReceivedRequest,
  ReceivedStatus,
  RequestFault,
  SentDelivery,
} from './control/wire.js';
