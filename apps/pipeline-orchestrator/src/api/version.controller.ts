import { PublicRoute, RequireScope } from '@crosstie/access';
import { version } from '@crosstie/platform';
import { Controller, Get, Header } from '@nestjs/common';

/**
 * What clients of GitLab decide by: below 15.9 one of them pages for ever. True of what is served, with
 * our own version behind it.
 */
const served = `18.5.0-crosstie.${version}`;

@Controller()
export class VersionController {
  @Get('api/v4/version')
  @RequireScope('read_user')
  version(): { version: string; revision: string } {
    return { version: served, revision: version };
  }

  @Get('api/v4/metadata')
  @RequireScope('read_user')
  metadata() {
    return {
      version: served,
      revision: version,
      kas: { enabled: false, externalUrl: null, externalK8sProxyUrl: null, version: null },
      enterprise: false,
    };
  }

  @Get('-/health')
  @PublicRoute('Clients of GitLab ask here whether the server answers.')
  @Header('content-type', 'text/plain; charset=utf-8')
  health(): string {
    return 'Crosstie OK';
  }

  @Get(['-/readiness', '-/liveness'])
  @PublicRoute('Clients of GitLab ask here whether the server answers.')
  alive(): { status: string } {
    return { status: 'ok' };
  }
}
