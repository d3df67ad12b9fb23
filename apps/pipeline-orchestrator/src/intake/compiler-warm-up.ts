import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';

import { DEFAULT_CONFIG_PATH } from '@crosstie/ci-config';

import { compileConfig } from './compile-config.js';

/** Touches what most CI files use: stages, needs, rules, artifacts, extends. */
const sample = `
stages: [build, test]
default: {image: alpine}
variables: {MODE: fast}
.base: {tags: [linux], timeout: 1h}
compile: {extends: .base, stage: build, script: [make], artifacts: {paths: [out/], expire_in: 1 day}}
unit:
  stage: test
  needs: [compile]
  script: make test
  rules:
    - if: $CI_COMMIT_BRANCH =~ /^main|release-/ && $MODE != "slow"
      allow_failure: true
`;

/** Compiles once at start: a first run takes many times as long as every later one, and no push should pay for it. */
@Injectable()
export class CompilerWarmUp implements OnApplicationBootstrap {
  async onApplicationBootstrap(): Promise<void> {
    await compileConfig({ files: { [DEFAULT_CONFIG_PATH]: sample }, context: { ref: 'main', sha: '0'.repeat(40) } });
  }
}
