/** What browsers show and we take. */
export const IMAGE_TYPES = ['image/jpeg', 'image/png', 'image/webp'] as const

/** The type of a picture. */
export type ImageType = (typeof IMAGE_TYPES)[number]

/** The largest picture, in bytes. */
export const IMAGE_BYTES_MAX = 5 * 1024 * 1024

/** Whether we take this type. */
export function isImageType(type: string): type is ImageType {
  return IMAGE_TYPES.some((it) => it === type)
}

/** How each type of file begins: its bytes from an offset on. */
const BEGINNINGS: Readonly<Record<ImageType, readonly { readonly at: number; readonly bytes: readonly number[] }[]>> = {
  'image/jpeg': [{ at: 0, bytes: [0xff, 0xd8, 0xff] }],
  'image/png': [{ at: 0, bytes: [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a] }],
  'image/webp': [
    { at: 0, bytes: [0x52, 0x49, 0x46, 0x46] },
    { at: 8, bytes: [0x57, 0x45, 0x42, 0x50] },
  ],
}

/** Whether the bytes begin as a file of the type does: a page that calls itself a picture does not. */
export function looksLike(type: ImageType, bytes: Uint8Array): boolean {
  return BEGINNINGS[type].every(({ at, bytes: expected }) =>
    expected.every((byte, index) => bytes[at + index] === byte),
  )
}
