import { type ArgumentsHost, Catch, type RpcExceptionFilter, UseFilters, applyDecorators } from '@nestjs/common';
import { EventPattern, MessagePattern } from '@nestjs/microservices';
import { type Observable, throwError } from 'rxjs';

import type { EventType, Incoming } from './events.js';
import type { RequestPayloads, RequestSubject } from './requests.js';
import { type ServiceName, transportIdOf } from './service-name.js';

/**
 * Nest replaces an error that it does not know by "Internal server error" before the transport sees it; then no
 * dead letter could say what was wrong. This one passes it on as it is.
 */
@Catch()
class OriginalError implements RpcExceptionFilter {
  catch(error: unknown, _host: ArgumentsHost): Observable<never> {
    return throwError(() => error);
  }
}

type Method<Argument, Result> = <M extends (argument: Argument) => Promise<Result>>(
  target: object,
  key: string | symbol,
  descriptor: TypedPropertyDescriptor<M>,
) => void;

/**
 * Marks a controller's method as what `service` does about events of `type`; one method for each pair.
 * The event is acknowledged after the method returned, and may come again, so the method is idempotent.
 * It may throw RetryLater or Unrecoverable; any other error is tried again, five times in all.
 */
export function EventHandler<T extends EventType>(service: ServiceName, type: T): Method<Incoming<T>, void> {
  return applyDecorators(EventPattern<EventType>(type, transportIdOf(service), { service }), UseFilters(OriginalError));
}

/** Marks a controller's method as the answer of `service` to a request; one method for each subject. */
export function RequestHandler<S extends RequestSubject>(
  service: ServiceName,
  subject: S,
): Method<RequestPayloads[S]['request'], RequestPayloads[S]['reply']> {
  return applyDecorators(
    MessagePattern<RequestSubject>(subject, transportIdOf(service), { service }),
    UseFilters(OriginalError),
  );
}
