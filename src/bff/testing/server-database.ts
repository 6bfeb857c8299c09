import { randomUUID } from 'node:crypto';
import pg from 'pg';

/**
 * Creates a new, empty database in a PostgreSQL server.
 * @param server the address of any database of that server, with a role that may create databases
 * @returns the address of the new one, and `drop`, which removes it
 */
export async function createDatabase(server: string): Promise<{ url: string; drop(): Promise<void> }> {
  const name = `portal_${randomUUID().replaceAll('-', '')}`;
  const run = async (statement: string) => {
    const client = new pg.Client({ connectionString: server });
    await client.connect();
    try {
      await client.query(statement);
    } finally {
      await client.end();
    }
  };
  await run(`create database ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => run(`drop database ${name} with (force)`) };
}
