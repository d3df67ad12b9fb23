import { beforeItServes } from '@crosstie/platform/early-end';

await beforeItServes(async () => {
  const { runService } = await import('@crosstie/messaging');
  const { IdentityLinkerModule } = await import('./identity-linker.module.js');
  await runService('identity-linker', IdentityLinkerModule);
});
