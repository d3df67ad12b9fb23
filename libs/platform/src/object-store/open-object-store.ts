import { fileURLToPath } from 'node:url';

import { ConfigError } from '../configuration.js';
import { DirectoryStore } from './directory-store.js';
import type { ObjectStore } from './object-store.js';

/**
 * The store that an address names: `file:///dir`, or
 * `s3://bucket/prefix?endpoint=…&region=…&pathStyle=true`. Throws a ConfigError for any other.
 */
export async function openObjectStore(address: string): Promise<ObjectStore> {
  const url = URL.parse(address);
  if (url?.protocol === 'file:') return new DirectoryStore(fileURLToPath(url));
  if (url?.protocol === 's3:' && url.hostname !== '') {
    // Loaded only where it is used: it is by far the largest dependency.
    const { S3Store } = await import('./s3-store.js');
    const prefix = url.pathname.replace(/^\/+|\/+$/g, '');
    return new S3Store({
      bucket: url.hostname,
      prefix: prefix === '' ? '' : `${prefix}/`,
      region: url.searchParams.get('region') ?? 'us-east-1',
      endpoint: url.searchParams.get('endpoint'),
      pathStyle: url.searchParams.get('pathStyle') === 'true',
    });
  }
  throw new ConfigError(['CROSSTIE_OBJECT_STORE: is neither file:///directory nor s3://bucket/prefix']);
}
