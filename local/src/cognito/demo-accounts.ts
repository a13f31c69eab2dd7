/** The development user pool. The part before the underscore is the region that tokens name as their issuer. */
export const DEMO_POOL_ID = 'eu-central-1_TikituDev'

/** What `iss` says in every token of the pool: Cognito's own address, so that the verifier in production needs no exception. */
export const DEMO_ISSUER = `https://cognito-idp.${DEMO_POOL_ID.split('_')[0]}.amazonaws.com/${DEMO_POOL_ID}`

/** The app client that people sign in through; it has no secret, like any client in a browser. */
export const WEB_CLIENT_ID = '3mu0vtpqd4d1jhc0localweb01'

/** The groups of the pool. Who is in none of them is a buyer like those in `user`. */
export const GROUPS = ['user', 'partner', 'admin'] as const

/** The password of all demo accounts. It protects nothing: the issuer answers on this machine only. */
export const DEMO_PASSWORD = 'Tikitu-demo-1'

/** An account that is there from the first start. */
export interface DemoAccount {
  /** The Cognito subject, fixed so that demo data can name it. */
  sub: string
  email: string
  givenName: string
  familyName: string
  groups: readonly (typeof GROUPS)[number][]
}

/** The people of the demo, by the name that `pnpm run token` takes. */
export const demoAccounts = {
  buyer: {
    sub: '0b1e7a52-6a0e-4d0c-9a53-5f1d5d3c0001',
    email: 'buyer@example.com',
    givenName: 'Bella',
    familyName: 'Byers',
    groups: ['user'],
  },
  rival: {
    sub: '0b1e7a52-6a0e-4d0c-9a53-5f1d5d3c0002',
    email: 'rival@example.com',
    givenName: 'Ravi',
    familyName: 'Rivers',
    groups: ['user'],
  },
  promoter: {
    sub: '0b1e7a52-6a0e-4d0c-9a53-5f1d5d3c0003',
    email: 'promoter@example.com',
    givenName: 'Paula',
    familyName: 'Promoter',
    groups: ['partner'],
  },
  operator: {
    sub: '0b1e7a52-6a0e-4d0c-9a53-5f1d5d3c0004',
    email: 'operator@example.com',
    givenName: 'Otto',
    familyName: 'Operator',
    groups: ['admin'],
  },
} as const satisfies Record<string, DemoAccount>

/** The program of a partner: it signs in with its own id and secret, and its subject is its client id. */
export const demoMachine = {
  sub: '5k9n2machine7tikitulocal01',
  clientId: '5k9n2machine7tikitulocal01',
  clientSecret: 'tikitu-demo-machine-secret',
  scopes: ['tikitu/events.read', 'tikitu/events.write', 'tikitu/sales.read', 'tikitu/checkin.write'],
} as const

/** The app clients whose tokens the gateway accepts in development. */
export const DEMO_CLIENT_IDS: readonly string[] = [WEB_CLIENT_ID, demoMachine.clientId]
