export { embeddedDatabaseUrl, startEmbeddedDatabase } from './embedded-database.js';
export type { EmbeddedDatabase } from './embedded-database.js';
