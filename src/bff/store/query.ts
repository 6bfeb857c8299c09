import { type SQL, sql } from 'drizzle-orm';
import { type PgDatabase, PgDialect, type PgQueryResultHKT } from 'drizzle-orm/pg-core';
import * as z from 'zod/mini';

/** The database as the rest of the store uses it, with either engine. */
export type Database = PgDatabase<PgQueryResultHKT, Record<string, never>> & {
  /** Runs a statement made by `hotStatement`, with values for its placeholders. */
  hot(statement: HotStatement, values: Record<string, unknown>): Promise<unknown>;
};

/** The database within a transaction. */
export type Transaction = Parameters<Parameters<Database['transaction']>[0]>[0];

/** A prepared statement, made by `hotStatement`. */
export type HotStatement = { name: string; text: string; params: unknown[] };

const dialect = new PgDialect();
/**
 * Makes a prepared statement: its text is built once, and PostgreSQL plans it once for each connection. For statements that run so often
 * that building and planning would be most of their cost. Name the columns of the result (no `*`): PostgreSQL refuses a prepared
 * statement whose result changes, which would happen when an instance of the next version adds a column.
 * @param statement with `sql.placeholder` for each value
 */
export function hotStatement(name: string, statement: SQL): HotStatement {
  const { sql: text, params } = dialect.sqlToQuery(statement);
  return { name, text, params };
}

const resultSchema = z.object({ rows: z.array(z.unknown()) });
/** Parses the rows of a query's result, each by the schema. @throws when a row does not fit */
export function rowsOf<Schema extends z.ZodMiniType>(schema: Schema, result: unknown): z.output<Schema>[] {
  // Row by row, because a schema for the whole result would have to be made, and compiled, for each query.
  return resultSchema.parse(result).rows.map((row) => z.parse(schema, row));
}

/** The most rows that a count for the metrics reads: to count all rows of a large table, PostgreSQL reads all of them. */
export const mostCounted = 10_000;

/** SQL for the time in `ms` milliseconds, by the database's clock. */
export const after = (ms: number) => sql`now() + make_interval(secs => ${ms / 1000}::double precision)`;

/** A timestamp as either engine returns it. */
export const instant = z.pipe(
  z.union([z.string(), z.date()]),
  z.transform((value) => new Date(value)),
);
