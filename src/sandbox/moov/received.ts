/** One call as it arrived, and the status of its answer. */
export type Received = {
  /** RFC 3339 */
  at: string;
  method: string;
  path: string;
  query: Record<string, string>;
  headers: Record<string, string>;
  /** parsed where it is JSON, else the text; undefined without a body */
  body: unknown;
  auth: 'basic' | 'bearer' | 'none';
  /** the scopes of the bearer token, as they were asked for; undefined without a known token */
  scopes: string[] | undefined;
  /** undefined while the call is not answered, and when the connection was cut */
  status: number | undefined;
  requestID: string;
};

/** How many calls are kept at most. Beyond it the older half is dropped. */
const most = 10_000;

/** Keeps what arrived, oldest first, for tests to read. */
export function createRecorder() {
  const calls: Received[] = [];
  return {
    calls,
    add(call: Received) {
      if (calls.length >= most) calls.splice(0, most / 2);
      calls.push(call);
    },
    clear() {
      calls.length = 0;
    },
  };
}
export type Recorder = ReturnType<typeof createRecorder>;

/** JSON where it is JSON, else the text itself; undefined for an empty body. */
export function readBody(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
