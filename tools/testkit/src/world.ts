import type { CreatedUser, SimulatorControl } from '@crosstie/github-simulator';

export interface World {
  /** Owns the organisation and administrates Crosstie. */
  kim: CreatedUser;
  /** May push, and gets linked. */
  dana: CreatedUser;
  /** May push at GitHub, and never signs in to Crosstie. */
  erin: CreatedUser;
}

export const repository = 'acme/widget';

const ciFile = `stages: [build, test, report]

variables:
  GREETING: hello

build:
  stage: build
  script:
    - echo "$GREETING from $CI_PROJECT_PATH at $CI_COMMIT_SHORT_SHA"
    - mkdir -p out && date > out/built
  artifacts:
    paths: [out/]
    expire_in: 1 day

unit:
  stage: test
  script:
    - test -s out/built
    - ./run-tests.sh

lint:
  stage: test
  needs: []
  script:
    - bash -n run-tests.sh

report:
  stage: report
  script:
    - echo "all of $CI_PIPELINE_ID is done"
`;

/** The people, the organisation and the repository of the demo. */
export async function makeWorld(github: SimulatorControl): Promise<World> {
  const kim = await github.createUser({ login: 'kim', name: 'Kim Owner' });
  const dana = await github.createUser({ login: 'dana', name: 'Dana Developer' });
  const erin = await github.createUser({ login: 'erin', name: 'Erin Colleague' });
  await github.createOrganization({ login: 'acme', members: { kim: 'admin' } });
  await github.createRepository({
    owner: 'acme',
    name: 'widget',
    private: true,
    files: {
      'gitlab/.gitlab-ci.yml': ciFile,
      'run-tests.sh': { executable: '#!/usr/bin/env bash\nset -e\necho "1 of 1 test passed"\n' },
      'README.md': '# widget\n',
    },
  });
  await github.addCollaborator(repository, 'dana', 'write');
  await github.addCollaborator(repository, 'erin', 'write');
  return { kim, dana, erin };
}
