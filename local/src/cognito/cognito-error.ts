/** An error that Cognito would answer with, named as Cognito names it (`NotAuthorizedException`). */
export class CognitoError extends Error {
  readonly type: string

  constructor(type: string, message: string) {
    super(message)
    this.name = 'CognitoError'
    this.type = type
  }
}
