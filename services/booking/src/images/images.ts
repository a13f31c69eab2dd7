import { actorOf, recordAudit } from '@tikitu/runtime/audit'
import type { Database, Transaction } from '@tikitu/runtime/database'
import { Fault } from '@tikitu/runtime/fault'
import { onceIfKeyed } from '@tikitu/runtime/idempotency'
import type { Identity } from '@tikitu/runtime/identity'
import { beginningOf, isId, newIdAt } from '@tikitu/runtime/ids'
import { accept, refuse } from '@tikitu/runtime/outcome'
import { editableEvent, noSuchEvent } from '../events/editors.ts'
import { updateEventRow } from '../events/event.sql.ts'
import { tellOfUpdate } from '../events/telling.ts'
import { IMAGE_BYTES_MAX, IMAGE_TYPES, isImageType, looksLike } from './image.rules.ts'
import { imageById, insertImage, type ImageRow } from './image.sql.ts'
import type { UploadGrant, UploadTokens } from './upload-token.ts'

/** How long an upload address is good, in minutes. */
const UPLOAD_MINUTES = 10

/** Where pictures are brought and looked at, from the gateway's point of view. */
const MEDIA_PATH = '/media'

/** What pictures need of the service. */
export interface ImagePlace {
  readonly tokens: UploadTokens
  /** Where clients reach the gateway: `https://tikitu.example`. */
  readonly publicOrigin: string
}

/** Somebody wants to bring a picture of an event. */
export interface UploadWish {
  readonly identity: Identity
  readonly eventId: string
  readonly contentType: string
  readonly bytes: number
  readonly idempotencyKey: string | null
  readonly place: ImagePlace
  readonly at: Date
}

/**
 * Gives an address to which this one picture may be brought by whoever has it; repeated under its key, the same
 * address until the same instant. Nothing is shown before a picture is there.
 */
export async function requestImageUpload(tx: Transaction, wish: UploadWish) {
  const { identity, eventId, contentType, bytes, idempotencyKey: key, place } = wish
  const caller = actorOf(identity).id
  const request = { eventId, contentType, bytes }
  const outcome = await onceIfKeyed(tx, { caller, key, operation: 'requestImageUpload', request }, () =>
    grantUpload(tx, wish),
  )
  if (!outcome.ok) return outcome
  if (!isImageType(contentType)) return notAcceptable()
  const { id: imageId } = outcome.value
  const expiresAt = new Date(beginningOf(imageId).getTime() + UPLOAD_MINUTES * 60_000)
  const token = place.tokens.sign({ imageId, eventId, contentType, bytes, until: expiresAt.getTime() })
  return accept({
    url: `${place.publicOrigin}${MEDIA_PATH}/uploads?grant=${token}`,
    method: 'PUT',
    headers: [{ name: 'content-type', value: contentType }],
    expiresAt,
    imageUrl: imageUrlOf(place, imageId),
  })
}

async function grantUpload(tx: Transaction, { identity, eventId, contentType, bytes, at }: UploadWish) {
  const event = await editableEvent(tx, { identity, eventId })
  if (!event) return noSuchEvent(eventId)
  if (!isImageType(contentType) || bytes < 1 || bytes > IMAGE_BYTES_MAX) {
    return notAcceptable()
  }
  const imageId = newIdAt(at)
  await recordAudit(tx, identity, {
    action: 'requestImageUpload',
    resource: { type: 'Event', id: eventId },
    after: { imageId, contentType, bytes },
    at,
  })
  return accept({ id: imageId })
}

const notAcceptable = () =>
  refuse('ImageNotAcceptable', 'We take pictures of these types up to this size.', {
    contentTypes: [...IMAGE_TYPES],
    bytesMax: IMAGE_BYTES_MAX,
  })

/** What somebody brought to an upload address. */
export interface Upload {
  readonly grant: UploadGrant | null
  readonly contentType: string | undefined
  readonly bytes: Uint8Array
  readonly place: ImagePlace
  readonly at: Date
}

/** Keeps the picture and shows it on its event; brought again, it is there already. What is not what was granted is a fault. */
export async function takeUpload(tx: Transaction, { grant, contentType, bytes, place, at }: Upload) {
  if (!grant || at.getTime() > grant.until) throw new Fault('FORBIDDEN', 'This upload address is not good any more.')
  if (contentType !== grant.contentType) throw new Fault('BAD_USER_INPUT', `Send it as ${grant.contentType}.`)
  if (bytes.length !== grant.bytes)
    throw new Fault('BAD_USER_INPUT', `It has ${bytes.length} bytes and not ${grant.bytes}.`)
  if (!looksLike(grant.contentType, bytes)) throw new Fault('BAD_USER_INPUT', `It is no ${grant.contentType}.`)
  const { imageId, eventId } = grant
  const imageUrl = imageUrlOf(place, imageId)
  const image = { id: imageId, eventId, contentType: grant.contentType, bytes: Buffer.from(bytes), uploadedAt: at }
  if (await insertImage(tx, image)) await tellOfUpdate(tx, await updateEventRow(tx, eventId, { imageUrl }), at)
  return accept({ imageUrl })
}

/** A picture that was brought; undefined when there is none under this id. */
export async function findImage({ orm }: Database, id: string): Promise<ImageRow | undefined> {
  return isId(id) ? imageById(orm, id) : undefined
}

const imageUrlOf = ({ publicOrigin }: ImagePlace, imageId: string) => `${publicOrigin}${MEDIA_PATH}/${imageId}`
