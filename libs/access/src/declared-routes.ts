import { PATH_METADATA, METHOD_METADATA } from '@nestjs/common/constants.js';
import { RequestMethod, type INestApplicationContext } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';

import { credentialKey, type RouteCredential } from './route-credential.js';

export interface DeclaredRoute {
  /** `GET api/v4/user` */
  route: string;
  /** `UsersController.me` */
  handler: string;
  /** Null: nothing is declared, which a test of every service refuses. */
  credential: RouteCredential | null;
}

/** Every HTTP route of an app as its controllers have it, with the credential that it declares. */
export function declaredRoutes(app: INestApplicationContext): DeclaredRoute[] {
  const controllers = new Set<new (...args: never[]) => object>();
  for (const module of app.get(ModulesContainer).values()) {
    for (const { metatype } of module.controllers.values()) {
      if (typeof metatype === 'function') controllers.add(metatype as new (...args: never[]) => object);
    }
  }
  return [...controllers].flatMap(routesOf);
}

function routesOf(controller: new (...args: never[]) => object): DeclaredRoute[] {
  const prototype = controller.prototype as Record<string, unknown>;
  return Object.getOwnPropertyNames(prototype).flatMap((name) => {
    const handler = Object.getOwnPropertyDescriptor(prototype, name)?.value as unknown;
    if (typeof handler !== 'function') return [];
    const method = Reflect.getMetadata(METHOD_METADATA, handler) as RequestMethod | undefined;
    if (method === undefined) return [];
    const credential = (Reflect.getMetadata(credentialKey, handler) ??
      Reflect.getMetadata(credentialKey, controller) ??
      null) as RouteCredential | null;
    return paths(controller, handler).map((path) => ({
      route: `${RequestMethod[method]} ${path}`,
      handler: `${controller.name}.${name}`,
      credential,
    }));
  });
}

function paths(controller: object, handler: object): string[] {
  const list = (target: object): string[] => [Reflect.getMetadata(PATH_METADATA, target) ?? ''].flat() as string[];
  return list(controller).flatMap((base) =>
    list(handler).map((path) =>
      [base, path]
        .map((part) => part.replace(/^\/+|\/+$/g, ''))
        .filter(Boolean)
        .join('/'),
    ),
  );
}
