export { RunnerApiModule } from './runner-api.module.js';
