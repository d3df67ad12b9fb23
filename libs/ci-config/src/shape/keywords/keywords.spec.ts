import { compile } from '../../index.js';
import { jobKeyNames, jobKeywords, type JobKey } from './job-keywords.js';

/**
 * For each keyword of a job what is right and what is wrong, as YAML. `script: x` stands beside it
 * unless the keyword takes its place.
 */
interface Forms {
  right: string[];
  wrong: string[];
  /** Other keys of the job. */
  beside?: string;
}

const forms: Record<Exclude<JobKey, 'dast_configuration' | 'identity'>, Forms> = {
  after_script: { right: ['x', '[a, [b]]', '[]', 'null'], wrong: ['{a: b}', '[1]', '[{a: b}]', '7'] },
  allow_failure: {
    right: ['true', 'false', '{exit_codes: 1}', '{exit_codes: [1, 2]}'],
    wrong: ['"true"', '1', '[1]', '{exit_codes: "1"}', '{exit_codes: [a]}', '{codes: 1}'],
  },
  artifacts: {
    right: [
      '{paths: [a]}',
      '{name: n, untracked: true, when: always, expire_in: 3 days, exclude: [b], public: false}',
      '{reports: {junit: a.xml, dotenv: [a.env]}}',
      '{expire_in: never}',
      '{expose_as: a report, paths: [a]}',
      '{access: maintainer}',
    ],
    wrong: [
      '[a]',
      'a',
      '{paths: a}',
      '{paths: [[a]]}',
      '{untracked: "yes"}',
      '{when: manual}',
      '{expire_in: 3600}',
      '{expire_in: tomorrow}',
      '{reports: {junt: a}}',
      '{reports: {junit: {a: b}}}',
      '{reports: {coverage_report: {coverage_format: lcov, path: a}}}',
      '{expose_as: x}',
      '{expose_as: "x!", paths: [a]}',
      '{expose_as: x, paths: ["*.txt"]}',
      '{access: owner}',
      '{public: true, access: all}',
    ],
  },
  before_script: { right: ['x', '[a, [b]]', '[]', 'null'], wrong: ['{a: b}', '[true]', '[{a: b}]', 'true'] },
  cache: {
    right: [
      '{}',
      '[]',
      '{key: a, paths: [b]}',
      '[{paths: [a]}, {paths: [b]}]',
      '{key: {files: [a, b], prefix: p}}',
      '{policy: $P}',
    ],
    wrong: [
      'a',
      '{keys: a}',
      '{key: 1}',
      '{key: a/b}',
      '{key: ..}',
      '{key: {}}',
      '{paths: a}',
      '{when: never}',
      '{policy: fetch}',
      '{untracked: 1}',
    ],
  },
  coverage: { right: ['/a/', '/\\d+\\.\\d+%/'], wrong: ['a', '/a', '/a/i', '/(?!a)/', '1', '[a]'] },
  dependencies: { right: ['[]', '[other]', 'null'], wrong: ['other', '[1]', '[[other]]', '{job: other}', '[gone]'] },
  environment: {
    right: [
      'prod',
      '{name: prod, url: "https://x", action: stop}',
      '{name: review/$CI_COMMIT_REF_SLUG, deployment_tier: staging}',
    ],
    wrong: [
      '""',
      '1',
      '[prod]',
      '{url: x}',
      '{name: 1}',
      '{name: "a!b"}',
      '{name: p, action: go}',
      '{name: p, deployment_tier: prod}',
      '{name: p, on_stop: gone}',
      '{nam: p}',
    ],
  },
  except: {
    right: ['[tags]', '{refs: [tags]}', '{variables: [$A]}', '{changes: ["*.md"]}', 'null'],
    wrong: ['tags', '1', '[1]', '{}', '{ref: [tags]}', '{variables: ["$A ="]}', '[/(?!a)/]'],
  },
  extends: { right: ['.base', '[.base]', '[]', 'null'], wrong: ['1', '{a: b}', '[1]', '.gone', 'job', '[[.base]]'] },
  hooks: {
    right: ['{pre_get_sources_script: a}', '{pre_get_sources_script: [a, [b]]}'],
    wrong: ['a', '[a]', '{post: a}', '{pre_get_sources_script: 1}'],
  },
  id_tokens: {
    right: ['{A: {aud: x}}', '{A: {aud: [x, y]}}'],
    wrong: ['a', '[a]', '{A: x}', '{A: {}}', '{A: {aud: 1}}', '{A: {aud: x, b: c}}'],
  },
  image: {
    right: [
      'a',
      '{name: a, entrypoint: [""], pull_policy: always}',
      '{name: a, docker: {platform: p}, kubernetes: {user: 1}}',
      'null',
    ],
    wrong: [
      '""',
      '1',
      '[a]',
      '{}',
      '{name: 1}',
      '{name: a, entrypoint: b}',
      '{name: a, pull_policy: sometimes}',
      '{name: a, ports: [80]}',
      '{name: a, docker: {}}',
    ],
  },
  inherit: {
    right: ['{default: false}', '{variables: [A]}', '{default: [image], variables: true}'],
    wrong: ['true', '[a]', '{default: image}', '{default: [imge]}', '{variables: A}', '{a: b}'],
  },
  inputs: {
    right: ['{a: {default: x}}', '{a: {default: 1, type: number}}'],
    wrong: ['a', '[a]', '{a: {}}', '{a: {default: x, type: number}}', '{a: {default: x, options: [y]}}'],
  },
  interruptible: { right: ['true', 'false', 'null'], wrong: ['"true"', '1', '[]', '{}'] },
  manual_confirmation: { right: ['Sure?'], wrong: ['true', '1', '[a]'] },
  needs: {
    right: [
      '[]',
      '[other]',
      '{job: other}',
      '[{job: other, artifacts: false, optional: true}]',
      '[{job: gone, optional: true}]',
      '[{pipeline: $P, job: a}]',
      '[[other]]',
    ],
    wrong: [
      'other',
      '1',
      '[1]',
      '[gone]',
      '[{}]',
      '[{job: ""}]',
      '[{job: other, artifact: true}]',
      '[other, other]',
      '[{job: other, optional: "yes"}]',
      '[{project: p}]',
      '[job]',
    ],
  },
  only: {
    right: ['[branches]', '[/^a/i]', '{refs: [main], changes: [a]}', '{kubernetes: active}', 'null'],
    wrong: ['branches', '[1]', '{}', '{kubernetes: yes}', '{changes: a}', '{a: b}', '[/(?=a)/]'],
  },
  pages: {
    right: ['true', 'false', '{publish: a, path_prefix: b, expire_in: 1 day}'],
    wrong: ['"true"', '[a]', '{a: b}', '{publish: 1}', '{expire_in: soon}'],
  },
  parallel: {
    right: ['1', '200', '{matrix: [{A: [1, b]}]}', '{matrix: [{A: x}, {B: [y, ""]}]}'],
    wrong: [
      '0',
      '201',
      '1.5',
      '"2"',
      '[2]',
      '{}',
      '{matrix: {A: b}}',
      '{matrix: []}',
      '{matrix: [{A: true}]}',
      '{matrix: [{A: 1.5}]}',
      '{matrix: [{A: []}]}',
      '{matrix: [a]}',
    ],
  },
  publish: { right: ['a'], wrong: ['1', '[a]', 'true'], beside: 'pages: true' },
  release: {
    right: [
      '{tag_name: a, description: b}',
      '{tag_name: a, description: b, assets: {links: [{name: c, url: "https://d"}]}}',
    ],
    wrong: [
      'a',
      '{}',
      '{tag_name: a}',
      '{tag_name: 1, description: b}',
      '{tag_name: a, description: b, released_at: soon}',
      '{tag_name: a, description: b, assets: {links: [{name: c}]}}',
    ],
  },
  resource_group: { right: ['a', 'deploy/$X'], wrong: ['""', '1', '[a]', '/a', 'a/', '"a!"'] },
  retry: {
    right: ['0', '2', '{max: 1, when: script_failure}', '{max: 2, exit_codes: [1]}'],
    wrong: ['3', '-1', '"1"', '1.5', 'true', '{max: 3}', '{when: failure}', '{times: 1}', '{exit_codes: a}'],
  },
  rules: {
    right: [
      '[{if: $A}]',
      '[{when: never}]',
      '[[{if: $A}]]',
      '[{changes: [a], exists: [b], variables: {A: b}}]',
      '[{when: delayed, start_in: 1 day}]',
      'null',
    ],
    wrong: [
      '[]',
      '{if: $A}',
      '$A',
      '[$A]',
      '[{}]',
      '[null]',
      '[{if: "$A ="}]',
      '[{if: true}]',
      '[{when: sometimes}]',
      '[{when: delayed}]',
      '[{start_in: 1 day}]',
      '[{changes: a}]',
      '[{variables: [A]}]',
      '[{allow_failure: {exit_codes: 1}}]',
      '[{needs: [gone]}]',
      '[{iff: $A}]',
    ],
  },
  run: {
    right: ['[{name: a, script: b}]', '[{name: a, step: b, inputs: {c: d}}]'],
    wrong: ['a', '{name: a}', '[a]', '[{script: b}]', '[{name: 1a, script: b}]', '[{name: a, script: b, step: c}]'],
  },
  script: {
    right: ['a', '[a, [b]]', '"a: b"'],
    wrong: ['null', '""', '[]', '1', 'true', '{a: b}', '[1]', '[{echo: a}]'],
  },
  secrets: {
    right: ['{A: {vault: a/b@c}}', '{A: {gcp_secret_manager: {name: a}, token: $T}}'],
    wrong: [
      'a',
      '[a]',
      '{A: b}',
      '{A: {}}',
      '{A: {vault: a, aws_secrets_manager: b}}',
      '{A: {gcp_secret_manager: {name: a}}}',
      '{A: {gitlab_secrets_manager: {name: a}}}',
    ],
  },
  services: {
    right: ['[]', '[a]', '[{name: a, alias: b, command: [c], variables: {D: e}}]', '[[a]]'],
    wrong: ['a', '{name: a}', '[1]', '[{alias: a}]', '[{name: a, port: 1}]', '[""]', '[{name: a, variables: [b]}]'],
  },
  stage: { right: ['build', '.pre', 'null'], wrong: ['1', '[build]', 'gone', '""', '{a: b}'] },
  start_in: {
    right: ['30 minutes', '1 week'],
    wrong: ['30', 'soon', '2 weeks', '[a]', 'null'],
    beside: 'when: delayed',
  },
  tags: { right: ['[]', '[a, b]', '[[a], b]', 'null'], wrong: ['a', '1', '[1]', '{a: b}', '[true]'] },
  timeout: { right: ['1h 30m', '"90"', '1 month'], wrong: ['90', 'soon', '2 months', '"0"', '[a]', '""'] },
  trigger: {
    right: ['a/b', '{project: a/b, branch: c, strategy: depend}', '{include: a.yml}', '{include: [{local: a.yml}]}'],
    wrong: [
      '""',
      '1',
      '[a]',
      '{}',
      '{branch: a}',
      '{project: a, strategy: wait}',
      '{include: {local: a.yml}}',
      '{include: a.yml, project: b}',
      '{include: [{artifact: a}]}',
    ],
  },
  variables: {
    right: ['{}', '{A: 1, B: true, C: null, D: 1.5}', '{A: {value: b, expand: false}}'],
    wrong: ['a', '[A]', '{A: [b]}', '{A: {value: [b]}}', '{A: {value: b, description: c}}', '{A: {expand: 1}}'],
  },
  when: {
    right: ['on_success', 'on_failure', 'always', 'manual', 'null'],
    wrong: ['never', '1', 'true', '[always]', 'allways'],
  },
};

const withoutScript: JobKey[] = ['script', 'run', 'trigger'];

function answerTo(keyword: JobKey, value: string, beside: string | undefined) {
  const script = withoutScript.includes(keyword) ? [] : ['  script: x'];
  const more = beside === undefined ? [] : [`  ${beside}`];
  const text = [
    '.base: {tags: [t]}',
    'other: {stage: build, script: x}',
    'job:',
    ...script,
    ...more,
    `  ${keyword}: ${value}`,
  ];
  return compile({ files: { 'gitlab/.gitlab-ci.yml': text.join('\n') } });
}

describe.each(Object.entries(forms) as [JobKey, Forms][])('%s', (keyword, { right, wrong, beside }) => {
  it.each(right)('may be %s', (value) => {
    expect(answerTo(keyword, value, beside).errors).toEqual([]);
  });

  it.each(wrong)('may not be %s, and the fault names job, keyword and line', (value) => {
    const { errors } = answerTo(keyword, value, beside);
    expect(errors.length).toBeGreaterThan(0);
    const [first] = errors;
    expect(first?.file).toBe('gitlab/.gitlab-ci.yml');
    expect(first?.line).toBeGreaterThan(2);
    expect(`${first?.path} ${first?.message}`).toContain('job');
    expect(`${first?.path} ${first?.message}`.replaceAll(' ', '_')).toContain(keyword);
  });
});

describe('the table of keywords', () => {
  it('has forms for every keyword but the refused ones', () => {
    const refused = jobKeyNames.filter((name) => 'refused' in jobKeywords[name]);
    expect([...Object.keys(forms), ...refused].sort()).toEqual([...jobKeyNames].sort());
  });

  it('says of each what it does, in a sentence', () => {
    for (const name of jobKeyNames) expect(jobKeywords[name].doc).toMatch(/^[A-Z].{10,}\.$/);
  });
});
