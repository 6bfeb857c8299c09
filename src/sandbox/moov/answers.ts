/** An answer that ends a call early. Handlers throw it; the app turns it into a response. */
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

/** A refusal without a body, as Moov gives it for these statuses (reference page "Create a support ticket", list of responses). */
export const refuse = (status: 401 | 403 | 404 | 429 | 500 | 504, headers?: Record<string, string>) =>
  new Refusal(status, undefined, headers);

/** A 400 or 409, which carry one sentence (same page: `{"error": "string"}`). */
export const refuseWithError = (status: 400 | 409, error: string) => new Refusal(status, { error });

/** A 422, which carries one sentence for each field at fault (same page; `@moovio/sdk` models/errors/createticketerror). */
export const refuseFields = (fields: Record<string, unknown>) => new Refusal(422, fields);

/** The response of a refusal: no body at all, or JSON. */
export const toResponse = ({ status, body, headers }: Refusal) =>
  body === undefined ? new Response(null, { status, headers }) : Response.json(body, { status, headers });
