import * as z from 'zod/mini';

/** How the upstream is doing, from what recent calls met. */
export const statusSchema = z.object({ upstream: z.enum(['up', 'degraded', 'down']), since: z.string() });
export type Status = z.infer<typeof statusSchema>;
