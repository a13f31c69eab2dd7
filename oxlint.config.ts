import type { OxlintConfig, OxlintOverride } from 'oxlint'

/** One entry of `no-restricted-imports`: imports matched by `regex` or `group`, and the sentence that refuses them. */
type Refused = { message: string; allowTypeImports?: boolean } & ({ regex: string } | { group: string[] })

/** Nobody but the services themselves, and only through GraphQL and events. */
function refuseServices(message: string): Refused {
  return {
    regex:
      '^@tikitu/(admin|partner|payment|notification|booking|user|gateway|local|scripts|bench)(/|$)' +
      '|(^|/)(services|gateway|local|scripts|bench)/' +
      '|/(admin|partner|payment|notification|booking|user)/(src|test)/',
    message,
  }
}

/** `node:process` is refused because its `env` would go around the rule that settings are read in config.ts. */
const TEST_CODE: Refused[] = [
  {
    regex: '^vitest$|^fast-check$|\\.test\\.ts$|(^|/)test/|(^|/)testing(/|$)',
    message: 'Production code never imports test code.',
  },
  { regex: '^(node:)?process$', message: 'Use the global process; settings are read in config.ts.' },
]

const SERVICES_APART = refuseServices('Services meet in GraphQL and in events, never by import.')
const RUNTIME_BELOW = refuseServices('The runtime knows no service: schema <- runtime <- services.')

/**
 * Refuses imports to some files. Of several overrides that match a file the last counts, so each lists all it refuses.
 * Within one list a group with exceptions (`!…`) comes last, because an exception ends the search.
 */
function boundary(files: string[], refused: Refused[], excludeFiles: string[] = []): OxlintOverride {
  return { files, excludeFiles, rules: { 'no-restricted-imports': ['error', { patterns: refused }] } }
}

/** Who may import whom: schema <- runtime <- services; resolvers, events -> verbs -> rules, sql -> tables. */
const BOUNDARIES = [
  boundary(
    ['schema/**/*.ts'],
    [
      ...TEST_CODE,
      {
        regex: '^(\\.\\./)+(runtime|services|gateway|local|scripts|bench)/',
        message: 'The contracts stand on nothing of ours.',
      },
      // node:fs reads the SDL that lies beside.
      {
        group: ['**', '!zod', '!node:fs', '!./**', '!../**'],
        message: 'The contracts import nothing but zod and each other.',
      },
    ],
    ['**/*.test.ts'],
  ),
  boundary(['runtime/**/*.ts'], [RUNTIME_BELOW]),
  boundary(
    ['runtime/**/*.ts'],
    [RUNTIME_BELOW, ...TEST_CODE],
    ['**/*.test.ts', 'runtime/test/**', 'runtime/src/testing/**'],
  ),
  boundary(
    ['gateway/**/*.ts'],
    [
      refuseServices('The gateway stands on runtime and schema; it holds no domain logic.'),
      { regex: '^drizzle-orm|^pg$|^pg-boss$', message: 'The gateway has no database.' },
      ...TEST_CODE,
    ],
    ['**/*.test.ts', 'gateway/test/**'],
  ),
  boundary(
    ['local/**/*.ts', 'bench/**/*.ts', 'scripts/**/*.ts'],
    [
      {
        regex:
          '^@tikitu/(admin|partner|payment|notification|booking|user|gateway)(/|$)' +
          '|(^|/)(services|gateway)/|/(admin|partner|payment|notification|booking|user)/(src|test)/',
        message: 'Services are started as processes and spoken to over HTTP, never imported.',
      },
      { regex: '^fast-check$|\\.test\\.ts$|^@tikitu/runtime/testing$', message: 'Commands never import test code.' },
    ],
    // The saga is data; the documentation is written from it.
    ['**/*.test.ts', 'scripts/src/codegen/saga-table.ts'],
  ),
  boundary(['services/**/*.ts'], [SERVICES_APART, ...TEST_CODE], ['**/*.test.ts', 'services/*/test/**']),
  // Verbs: the files of a noun's folder that carry no layer in their name.
  boundary(
    ['services/*/src/*/*.ts'],
    [
      SERVICES_APART,
      {
        regex: '^drizzle-orm|^pg$|(^|/)tables(/[\\w-]+)?\\.ts$',
        message: 'Only queries know tables: verbs -> sql -> tables.',
      },
      {
        regex: '\\.(resolvers|events)\\.ts$',
        message: 'A verb does not know who calls it: resolvers, events -> verbs.',
      },
      ...TEST_CODE,
    ],
    ['services/*/src/*/*.*.ts', 'services/*/src/tables/*.ts'],
  ),
  boundary(
    ['services/*/src/**/*.resolvers.ts', 'services/*/src/**/*.events.ts', 'services/*/src/**/*.routes.ts'],
    [
      SERVICES_APART,
      {
        regex: '^drizzle-orm|^pg$|(^|/)tables(/[\\w-]+)?\\.ts$|\\.sql\\.ts$',
        message: 'Resolvers and events call verbs; they see no sql.',
      },
      ...TEST_CODE,
    ],
  ),
  boundary(
    ['services/*/src/**/*.sql.ts'],
    [
      SERVICES_APART,
      ...TEST_CODE,
      { regex: '\\.(resolvers|events)\\.ts$', message: 'Queries know tables and rules, not who asks: sql -> tables.' },
      {
        group: ['./**', '../**', '!**/tables.ts', '!**/*.sql.ts', '!**/*.rules.ts'],
        allowTypeImports: true,
        message: 'Queries never call verbs: verbs -> sql -> tables.',
      },
    ],
  ),
  boundary(
    ['services/*/src/**/*.rules.ts'],
    [
      { regex: '^@tikitu/schema(/|$)', allowTypeImports: true, message: 'A rule takes only types from the schema.' },
      {
        group: [
          '**',
          '!./*.rules.ts',
          '!../**/*.rules.ts',
          '!@tikitu/runtime/card-number',
          '!@tikitu/runtime/outcome',
          '!@tikitu/runtime/money',
          '!@tikitu/schema/**',
        ],
        message:
          'A rule is values in, values out: it imports rules, runtime/card-number, runtime/outcome, runtime/money and types of the schema.',
      },
    ],
  ),
]

export default {
  plugins: ['eslint', 'typescript', 'unicorn', 'oxc', 'import', 'node', 'promise', 'vitest'],
  options: { typeAware: true, reportUnusedDisableDirectives: 'error' },
  env: { node: true, es2024: true },
  ignorePatterns: ['drizzle/**', 'bench/peers/**', 'services/*/src/generated/**', '**/.data/**'],
  categories: { correctness: 'error', suspicious: 'error', perf: 'error' },
  rules: {
    // A promise nobody awaits is a write that may not have happened. Drizzle queries are thenables, hence the option.
    'typescript/no-floating-promises': ['error', { checkThenables: true }],
    'typescript/no-misused-promises': 'error',
    'typescript/return-await': ['error', 'error-handling-correctness-only'],
    'typescript/only-throw-error': 'error',
    'typescript/prefer-promise-reject-errors': 'error',
    'typescript/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
    'typescript/use-unknown-in-catch-callback-variable': 'error',
    'typescript/no-deprecated': 'error',

    // Types that lie.
    'typescript/no-explicit-any': 'error',
    'typescript/no-non-null-assertion': 'error',
    'typescript/no-unsafe-argument': 'error',
    'typescript/no-unsafe-assignment': 'error',
    'typescript/no-unsafe-call': 'error',
    'typescript/no-unsafe-member-access': 'error',
    'typescript/no-unsafe-return': 'error',
    'typescript/no-unsafe-function-type': 'error',
    'typescript/ban-ts-comment': [
      'error',
      { 'ts-expect-error': 'allow-with-description', minimumDescriptionLength: 10 },
    ],

    // Node strips types file by file, so an import must say whether it is one.
    'typescript/consistent-type-imports': 'error',
    'typescript/consistent-type-exports': 'error',
    'import/no-duplicates': 'error',
    'import/no-cycle': 'error',
    'import/no-default-export': 'error',
    'unicorn/prefer-node-protocol': 'error',

    eqeqeq: ['error', 'always', { null: 'ignore' }],
    'no-console': 'error',
    'no-else-return': 'error',
    'no-empty': 'error',
    'no-new-func': 'error',
    'no-param-reassign': 'error',
    'no-return-assign': 'error',
    'no-useless-return': 'error',
    'no-var': 'error',
    'no-warning-comments': ['error', { terms: ['todo', 'fixme', 'xxx', 'hack'] }],
    'object-shorthand': 'error',
    'prefer-const': 'error',
    'prefer-template': 'error',

    // Settings are read once, in a config.ts, where a missing one is named.
    'node/no-process-env': 'error',

    // Weighed and left out. Statements of one transaction run one after another, so awaiting in a loop is what we do.
    'no-await-in-loop': 'off',
    'no-shadow': 'off',
    'typescript/no-unnecessary-type-parameters': 'off',
    'no-underscore-dangle': 'off',
    'promise/no-callback-in-promise': 'off',
    'oxc/no-map-spread': 'off',
    'oxc/no-async-endpoint-handlers': 'off',
    'typescript/consistent-return': 'off',
    // Our objects are closures without a this.
    'typescript/unbound-method': 'off',
    'unicorn/consistent-function-scoping': 'off',
    'typescript/no-generated-empty-object-type': 'off',
    'typescript/no-unsafe-type-assertion': 'off',
    'import/no-unassigned-import': 'off',
    'import/no-named-as-default': 'off',
    'import/no-named-as-default-member': 'off',
    'promise/always-return': 'off',
    'vitest/expect-expect': 'off',
    'vitest/no-conditional-expect': 'off',
    'vitest/require-mock-type-parameters': 'off',
    'vitest/valid-title': 'off',
    // The second argument of expect is shown when it fails.
    'vitest/valid-expect': ['error', { maxArgs: 2 }],
  },
  overrides: [
    ...BOUNDARIES,
    {
      // The rest of these are commands for people, what stands in on one machine, and tests.
      files: [
        '**/config.ts',
        'scripts/**',
        'local/**',
        'bench/**',
        '**/*.test.ts',
        '**/test/**',
        'runtime/src/testing/**',
        'vitest.workspace.ts',
      ],
      rules: { 'node/no-process-env': 'off' },
    },
    {
      files: ['scripts/**', 'local/**', 'bench/**', 'runtime/src/testing/**', 'saga/*.e2e.test.ts'],
      rules: { 'no-console': 'off' },
    },
    {
      // `fault` is a test under the name of a fault.
      files: ['saga/faults/*.test.ts'],
      rules: { 'vitest/no-standalone-expect': ['error', { additionalTestBlockFunctions: ['fault'] }] },
    },
    {
      // The tools ask for a default export.
      files: [
        '**/*.config.ts',
        'vitest.workspace.ts',
        'scripts/src/test/{global-setup,data-dir-templates,rabbitmq}.ts',
      ],
      rules: { 'import/no-default-export': 'off' },
    },
    {
      // An answer is asserted, not trusted: a test may reach into a body it has not described.
      files: ['**/*.test.ts', '**/test/**', 'runtime/src/testing/**'],
      rules: {
        'typescript/no-unsafe-assignment': 'off',
        'typescript/no-unsafe-member-access': 'off',
        'typescript/no-unsafe-argument': 'off',
        'typescript/no-unsafe-return': 'off',
        'typescript/no-unsafe-call': 'off',
        'typescript/no-non-null-assertion': 'off',
      },
    },
  ],
} satisfies OxlintConfig
