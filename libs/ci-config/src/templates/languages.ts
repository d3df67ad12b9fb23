/** A shell script in each stage: the shortest file to start from. */
export const bash = `build1:
  stage: build
  script:
    - echo "Build here"

test1:
  stage: test
  script:
    - echo "Test here"

deploy1:
  stage: deploy
  environment: production
  rules:
    - if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH
  script:
    - echo "Deploy here"
`;

export const nodejs = `image: node:lts

cache:
  key:
    files: [package-lock.json]
  paths: [.npm/]

before_script:
  - npm ci --cache .npm --prefer-offline

build:
  stage: build
  script:
    - npm run build --if-present

test:
  stage: test
  script:
    - npm test
`;

export const python = `image: python:latest

variables:
  PIP_CACHE_DIR: $CI_PROJECT_DIR/.cache/pip

cache:
  paths: [.cache/pip]

before_script:
  - python --version
  - python -m venv .venv
  - . .venv/bin/activate
  - if [ -f requirements.txt ]; then pip install -r requirements.txt; fi

test:
  stage: test
  script:
    - pip install pytest
    - pytest
`;

export const go = `image: golang:latest

variables:
  GOMODCACHE: $CI_PROJECT_DIR/.go/mod

cache:
  key:
    files: [go.sum]
  paths: [.go/mod/]

format:
  stage: test
  script:
    - test -z "$(gofmt -l .)"
    - go vet ./...

test:
  stage: test
  script:
    - go test -race ./...

compile:
  stage: build
  script:
    - go build -o bin/ ./...
  artifacts:
    paths: [bin/]
`;

export const rust = `image: rust:latest

variables:
  CARGO_HOME: $CI_PROJECT_DIR/.cargo

cache:
  key:
    files: [Cargo.lock]
  paths: [.cargo/registry/, target/]

test:cargo:
  stage: test
  script:
    - rustc --version && cargo --version
    - cargo test --workspace --verbose
`;

export const maven = `image: maven:3-eclipse-temurin-21

variables:
  MAVEN_OPTS: -Dmaven.repo.local=$CI_PROJECT_DIR/.m2/repository
  MAVEN_CLI_OPTS: --batch-mode --errors --show-version

cache:
  key:
    files: [pom.xml]
  paths: [.m2/repository/]

verify:
  stage: test
  script:
    - mvn $MAVEN_CLI_OPTS verify
  artifacts:
    when: always
    reports:
      junit: "**/target/surefire-reports/TEST-*.xml"
`;

export const gradle = `image: gradle:jdk21

variables:
  GRADLE_OPTS: -Dorg.gradle.daemon=false
  GRADLE_USER_HOME: $CI_PROJECT_DIR/.gradle

cache:
  key: $CI_COMMIT_REF_NAME
  paths: [.gradle/wrapper, .gradle/caches]

build:
  stage: build
  script: gradle --build-cache assemble

test:
  stage: test
  script: gradle check
  artifacts:
    when: always
    reports:
      junit: "**/build/test-results/test/TEST-*.xml"
`;

export const ruby = `image: ruby:latest

cache:
  key:
    files: [Gemfile.lock]
  paths: [vendor/ruby]

before_script:
  - ruby -v
  - bundle config set --local path vendor/ruby
  - bundle install -j "$(nproc)"

test:
  stage: test
  script:
    - bundle exec rake
`;

/** Needs a runner that lets a job run containers, and the address and account of a registry as project variables. */
export const docker = `docker-build:
  stage: build
  image: docker:cli
  services:
    - docker:dind
  variables:
    DOCKER_IMAGE_NAME: $REGISTRY_IMAGE:$CI_COMMIT_REF_SLUG
  before_script:
    - echo "$REGISTRY_PASSWORD" | docker login -u "$REGISTRY_USER" --password-stdin "$REGISTRY"
  script:
    - docker build --pull -t "$DOCKER_IMAGE_NAME" .
    - docker push "$DOCKER_IMAGE_NAME"
  rules:
    - if: $CI_COMMIT_BRANCH
      exists: [Dockerfile]
`;
