/** The service, over fetch: no cookies, no referrer, nothing but JSON. */

import { Failure } from "./failure";
import type { Answer, AskRequest, Feedback, Problem } from "./types";

const DEADLINE_MS = 60_000;
const PROBE_MS = 5_000;

export class Client {
  readonly #base: URL;
  readonly #key: string | null;

  /** Throws a Failure of kind "setup" when `api` is no http(s) address. */
  constructor(api: string, key: string | null) {
    const base = URL.canParse(api, document.baseURI) ? new URL(api, document.baseURI) : null;
    if (base === null || !isWeb(base)) {
      throw new Failure("setup", `The attribute api is no http(s) address: ${JSON.stringify(api)}.`);
    }
    base.pathname = base.pathname.replace(/\/*$/, "/");
    base.search = base.hash = "";
    this.#base = base;
    this.#key = key;
  }

  /** An address of the service as a link, or null when it is not one to follow. */
  link(address: string | null): string | null {
    if (address === null) return null;
    const relative = address.replace(/^\/+/, "");
    if (!URL.canParse(relative, this.#base)) return null;
    const url = new URL(relative, this.#base);
    return isWeb(url) ? url.href : null;
  }

  /** Throws a Failure; when `signal` is aborted, its reason. */
  async ask(request: AskRequest, signal: AbortSignal): Promise<Answer> {
    const response = await this.#post("v1/ask", request, signal);
    return (await response.json()) as Answer;
  }

  /** Throws a Failure. */
  async send(feedback: Feedback): Promise<void> {
    await this.#post("v1/feedback", feedback);
  }

  async #post(path: string, body: object, signal?: AbortSignal): Promise<Response> {
    const deadline = AbortSignal.timeout(DEADLINE_MS);
    let response: Response;
    try {
      response = await fetch(new URL(path, this.#base), {
        method: "POST",
        headers: {
          "Content-Type": "application/json",
          ...(this.#key === null ? {} : { Authorization: `Bearer ${this.#key}` }),
        },
        body: JSON.stringify(body),
        credentials: "omit",
        referrerPolicy: "no-referrer",
        signal: signal ? AbortSignal.any([signal, deadline]) : deadline,
      });
    } catch (error) {
      signal?.throwIfAborted();
      if (deadline.aborted) throw new Failure("timeout");
      throw (await this.#answersOthers()) ? this.#unlisted() : new Failure("offline");
    }
    if (!response.ok) throw await this.#problem(response);
    return response;
  }

  /** A refused preflight and a dead network look the same to fetch; an opaque request tells them apart. */
  async #answersOthers(): Promise<boolean> {
    if (!navigator.onLine || this.#base.origin === location.origin) return false;
    const probe = { mode: "no-cors", credentials: "omit", signal: AbortSignal.timeout(PROBE_MS) } as const;
    return fetch(new URL("livez", this.#base), probe).then(
      () => true,
      () => false,
    );
  }

  #unlisted(): Failure {
    return new Failure(
      "origin",
      `${this.#base.origin} does not answer ${location.origin}: list this origin with the key of the widget.`,
    );
  }

  /** The Failure that an RFC 9457 problem stands for. */
  async #problem(response: Response): Promise<Failure> {
    const { status, headers } = response;
    const body = (await response.json().catch(() => ({}))) as Partial<Problem>;
    if (body.code === "origin_not_listed") return this.#unlisted();
    const seconds = Number(headers.get("Retry-After") ?? NaN);
    const requestId = body.request_id ?? headers.get("X-Request-Id");
    return new Failure(kindOf(status), body.errors?.[0]?.detail ?? body.detail ?? `HTTP ${status}.`, {
      status,
      ...(body.code ? { code: body.code } : {}),
      ...(requestId ? { requestId } : {}),
      ...(seconds >= 0 ? { retryAfter: seconds } : {}),
    });
  }
}

function isWeb(url: URL): boolean {
  return url.protocol === "http:" || url.protocol === "https:";
}

function kindOf(status: number): Failure["kind"] {
  switch (status) {
    case 401:
    case 403:
      return "denied";
    case 429:
      return "limited";
    case 503:
      return "busy";
    case 504:
      return "timeout";
    default:
      return "failed";
  }
}
