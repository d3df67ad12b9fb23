import type { Repository } from '../state/model.js';
import type { World } from '../world.js';
import type { Principal } from './principal.js';
import type { Need } from './need.js';

/** One REST call as a handler sees it. */
export interface Call {
  world: World;
  method: string;
  /** The path below the API's base, without the query. */
  path: string;
  params: Record<string, string>;
  query: URLSearchParams;
  body: Record<string, unknown>;
  accept: string;
  principal: Principal;
}

export interface RepositoryCall extends Call {
  repository: Repository;
}

export interface Answer {
  status: number;
  /** Sent as JSON; left out with `raw`. */
  body?: unknown;
  raw?: { contentType: string; data: Buffer };
  headers?: Record<string, string>;
}

export type Asker = Principal['kind'];

interface OperationBase {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** As the OpenAPI description writes it. */
  path: string;
  /** Which credentials may ask at all. */
  askers: Asker[];
  /** Counts as creating content, for the short-term limits. */
  content?: boolean;
}

export interface PlainOperation extends OperationBase {
  handle(call: Call): Answer | Promise<Answer>;
}

/** An operation below `/repos/{owner}/{repo}`: the repository is found and the right checked first. */
export interface RepositoryOperation extends OperationBase {
  need: Need;
  inRepository(call: RepositoryCall): Answer | Promise<Answer>;
}

export type Operation = PlainOperation | RepositoryOperation;

/** Who speaks for a person. */
export const people: Asker[] = ['user', 'personal', 'oauth'];
export const anyToken: Asker[] = ['installation', ...people];
export const anybody: Asker[] = ['anonymous', ...anyToken];

const tailParameters = new Set(['path', 'ref', 'branch', 'basehead']);

/** A matcher of an OpenAPI path; a parameter that may hold slashes takes them raw as well. */
export function pathPattern(template: string): RegExp {
  const source = template
    .replaceAll(/[.*+?^$()|[\]\\]/g, String.raw`\$&`)
    .replaceAll(/\{(\w+)\}/g, (_, name: string) => {
      return tailParameters.has(name) ? `(?<${name}>.+)` : `(?<${name}>[^/]+)`;
    });
  return new RegExp(`^${source}$`);
}

export interface Page {
  perPage: number;
  page: number;
}

export function pageOf(query: URLSearchParams): Page {
  const perPage = Math.min(100, Math.max(1, Number(query.get('per_page') ?? 30) || 30));
  return { perPage, page: Math.max(1, Number(query.get('page') ?? 1) || 1) };
}

/** One page of a list, with GitHub's `Link` header. */
export function paged<T>(call: Call, all: T[]): { items: T[]; headers: Record<string, string> } {
  const { perPage, page } = pageOf(call.query);
  const last = Math.max(1, Math.ceil(all.length / perPage));
  const link = (rel: string, to: number): string => {
    const query = new URLSearchParams(call.query);
    query.set('page', String(to));
    return `<${call.world.addresses.api}${call.path}?${query.toString()}>; rel="${rel}"`;
  };
  const links: string[] = [];
  if (page > 1) links.push(link('prev', page - 1), link('first', 1));
  if (page < last) links.push(link('next', page + 1), link('last', last));
  return {
    items: all.slice((page - 1) * perPage, page * perPage),
    headers: links.length > 0 ? { link: links.join(', ') } : {},
  };
}
