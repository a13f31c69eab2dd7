/** The module as it is: the package's own types are those of a module that has its function under `default` once more. */
declare module 'bidi-js/dist/bidi.mjs' {
  import type { Bidi } from 'bidi-js'

  export default function bidiFactory(): Bidi
}
