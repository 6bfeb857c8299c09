import type { Adapter, AdapterPayload } from 'oidc-provider';

/** How many records of each kind are kept; the oldest goes first. */
const most = 1_000;

/**
 * The storage of the provider's sessions, codes and tokens: in memory, limited in size.
 * @returns a factory of adapters for oidc-provider, one for each kind of record, that share one memory
 */
export function createMemory(): (kind: string) => Adapter {
  const kinds = new Map<string, Map<string, { payload: AdapterPayload; endsAt: number }>>();

  return (kind) => {
    const records = kinds.get(kind) ?? new Map<string, { payload: AdapterPayload; endsAt: number }>();
    kinds.set(kind, records);

    const find = (id: string): AdapterPayload | undefined => {
      const record = records.get(id);
      if (record === undefined) return undefined;
      if (record.endsAt > Date.now()) return record.payload;
      records.delete(id);
      return undefined;
    };
    const findBy = (matches: (payload: AdapterPayload) => boolean) => {
      for (const [id, { payload }] of records) if (matches(payload)) return find(id);
      return undefined;
    };

    return {
      async upsert(id, payload, expiresIn = 0) {
        const [oldest] = records.keys();
        if (!records.has(id) && records.size >= most && oldest !== undefined) records.delete(oldest);
        records.set(id, { payload, endsAt: expiresIn > 0 ? Date.now() + expiresIn * 1000 : Number.POSITIVE_INFINITY });
      },
      async find(id) {
        return find(id);
      },
      async findByUid(uid) {
        return findBy((payload) => payload.uid === uid);
      },
      async findByUserCode(userCode) {
        return findBy((payload) => payload.userCode === userCode);
      },
      async consume(id) {
        const payload = find(id);
        if (payload !== undefined) payload.consumed = Math.floor(Date.now() / 1000);
      },
      async destroy(id) {
        records.delete(id);
      },
      async revokeByGrantId(grantID) {
        for (const [id, { payload }] of records) if (payload.grantId === grantID) records.delete(id);
      },
    };
  };
}
