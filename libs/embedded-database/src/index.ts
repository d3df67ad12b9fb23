export { embeddedDatabaseUrl, startEmbeddedDatabase } from './embedded-database.js';
export type { EmbeddedDatabase, EmbeddedDatabaseOptions } from './embedded-database.js';
