/**
 * Who may import whom (docs/architecture.md). The path patterns match the resolved file, so a
 * relative path, a package name and an `import type` are all caught.
 */
const only = (name, from, allowed, comment) => ({
  name,
  comment,
  severity: 'error',
  from: { path: from, pathNot: '\\.spec\\.ts$' },
  to: { path: '^(apps|libs|tools)/', pathNot: [from, ...allowed] },
});
const lib = (name) => `^libs/${name}/`;

module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    only('ci-config-is-pure', lib('ci-config'), [], 'The compiler imports nothing of ours.'),
    only('pipeline-is-pure', lib('pipeline'), [], 'The state machines import nothing of ours.'),
    {
      name: 'pure-core-does-no-io',
      comment: 'No Nest, no database, no file system, no network in ci-config and pipeline.',
      severity: 'error',
      from: { path: '^libs/(ci-config|pipeline)/', pathNot: '\\.spec\\.ts$|/src/testing/|/tools/' },
      to: {
        path: ['^(node:)?(fs|net|http|https|child_process|dns|worker_threads|timers)', '@nestjs/', 'typeorm', '/pg/'],
      },
    },
    only('platform-stands-alone', lib('platform'), [], 'What every app starts with knows none of ours.'),
    only('domain-stands-alone', lib('domain'), [], 'Entities and statements know neither app nor bus.'),
    only('embedded-database-stands-alone', lib('embedded-database'), [], ''),
    only('messaging-on-domain', lib('messaging'), [lib('domain'), lib('platform')], ''),
    only('github-on-platform', lib('github'), [lib('platform')], ''),
    only('access-on-domain', lib('access'), [lib('domain'), lib('platform'), lib('messaging')], ''),
    only(
      'token-vault-on-its-parts',
      lib('token-vault'),
      [lib('domain'), lib('platform'), lib('messaging'), lib('github')],
      '',
    ),
    {
      name: 'authority-door-for-identity-linker',
      comment: 'One authority holds what makes tokens; the others ask it for a lease.',
      severity: 'error',
      from: { path: '^(apps|libs|tools)/', pathNot: ['^apps/identity-linker/', '^libs/token-vault/'] },
      to: { path: '^libs/token-vault/src/(authority|token-authority|person-chains|app-secrets)\\.ts$' },
    },
    {
      name: 'libs-import-no-app-or-tool',
      severity: 'error',
      from: { path: '^libs/', pathNot: '\\.spec\\.ts$|/testing/' },
      to: { path: '^(apps|tools)/' },
    },
    {
      name: 'apps-import-no-app',
      comment: 'all-in-one alone composes the modules of the services.',
      severity: 'error',
      from: { path: '^apps/([^/]+)/', pathNot: ['^apps/all-in-one/', '\\.spec\\.ts$|/testing/'] },
      to: { path: '^apps/', pathNot: '^apps/$1/' },
    },
    {
      name: 'cli-starts-apps-as-processes',
      severity: 'error',
      from: { path: '^apps/cli/' },
      to: { path: '^apps/', pathNot: '^apps/cli/' },
    },
    {
      name: 'orchestrator-modules-stay-apart',
      severity: 'error',
      from: { path: '^apps/pipeline-orchestrator/src/(intake|pipelines|api)/', pathNot: '\\.spec\\.ts$|/testing/' },
      to: {
        path: '^apps/pipeline-orchestrator/src/(intake|pipelines|api)/',
        pathNot: '^apps/pipeline-orchestrator/src/$1/',
      },
    },
    {
      name: 'tools-are-for-tests',
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: '\\.spec\\.ts$|/testing/' },
      to: { path: '^tools/' },
    },
    {
      name: 'simulator-and-runner-stand-alone',
      comment: 'They answer as GitHub and as a runner: they must not share our misunderstandings.',
      severity: 'error',
      from: { path: '^tools/(github-simulator|pocket-runner)/', pathNot: '\\.spec\\.ts$' },
      to: { path: '^(apps|libs|tools)/', pathNot: '^tools/$1/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)dist/|^apps/console/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      conditionNames: ['@crosstie/source', 'import', 'node', 'require', 'default'],
      exportsFields: ['exports'],
      extensions: ['.ts', '.js', '.json'],
    },
  },
};
