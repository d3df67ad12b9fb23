export { compile } from './compile.js';
export { compileForPipeline, notYetSupported, type PipelineCompile } from './not-yet-supported.js';
export { lint } from './lint/lint.js';
export { lintReport, type LintReport } from './lint/lint-report.js';
export type { WrittenJob } from './lint/written-jobs.js';
export { UnusableInput } from './check-input.js';
export { predefinedVariables } from './predefined.js';
export { coverageSearch, type CoverageSearch } from './decide/coverage.js';
export { groupName } from './expand/instances.js';
export { slug } from './predefined.js';
export { bundledTemplate, bundledTemplateNames } from './templates/bundled.js';
export { localWildcard } from './include/places.js';
export { expandNested } from './variables/expand-text.js';
export { guessTier } from './decide/environment-facts.js';
export { parseDuration } from './shape/duration.js';
export { DEFAULT_CONFIG_PATH } from './context.js';
export { configurationSchema, type SchemaDocument } from './shape/schema.js';
export { keywordPage } from './shape/keyword-page.js';
export type {
  CompileAnswer,
  CompileContext,
  CompileInput,
  ComponentFacts,
  CompiledImage,
  CompiledJob,
  CompiledNeed,
  CompiledRetry,
  CompiledService,
  Finding,
  JobWhen,
  MergeRequestContext,
  PlainObject,
  PlainValue,
  VariableValue,
} from './contract.js';
