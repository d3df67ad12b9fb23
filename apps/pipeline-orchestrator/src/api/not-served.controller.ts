import { PublicRoute } from '@crosstie/access';
import { All, Controller, NotFoundException } from '@nestjs/common';

/** Every address under `/api` that nothing else answers, so that the console does not. */
@Controller()
@PublicRoute('It tells only that an address is not served.')
export class NotServedController {
  @All(['api/v4/*', 'api/graphql'])
  answer(): never {
    throw new NotFoundException();
  }
}
