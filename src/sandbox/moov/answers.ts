/** An answer that ends a call early. Thrown by the handlers, turned into a response by the app. */
export class Refusal extends Error {
  override name = 'Refusal';
  readonly status: number;
  readonly body: unknown;
  readonly headers: Record<string, string>;

  constructor(status: number, body?: unknown, headers: Record<string, string> = {}) {
    super(`${status}`);
    this.status = status;
    this.body = body;
    this.headers = headers;
  }
}

/** Statuses that Moov answers without a body (reference page "Create a support ticket", its list of responses). */
export const refuse = (status: 401 | 403 | 404 | 429 | 500 | 504, headers?: Record<string, string>) =>
  new Refusal(status, undefined, headers);

/** 400 and 409 carry one sentence (same page: `{"error": "string"}`). */
export const refuseWithError = (status: 400 | 409, error: string) => new Refusal(status, { error });

/** 422 carries one sentence for each field at fault (same page; `@moovio/sdk` models/errors/createticketerror). */
export const refuseFields = (fields: Record<string, unknown>) => new Refusal(422, fields);

/** The response of a refusal: no body at all, or JSON. */
export const toResponse = ({ status, body, headers }: Refusal) =>
  body === undefined ? new Response(null, { status, headers }) : Response.json(body, { status, headers });
