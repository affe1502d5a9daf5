/** What can go wrong with a question, told apart by what a reader can do about it. */

export type FailureKind =
  | "offline" // nothing is reached, not even the service's liveness
  | "origin" // the service is there, and does not answer this website
  | "denied" // 401, 403
  | "limited" // 429
  | "busy" // 503
  | "timeout"
  | "setup" // an attribute of the widget cannot be used
  | "failed"; // anything else; `detail` is the service's own sentence

export class Failure extends Error {
  constructor(
    readonly kind: FailureKind,
    readonly detail = "",
    readonly about: { status?: number; code?: string; requestId?: string; retryAfter?: number } = {},
  ) {
    super(detail || kind);
  }
}
