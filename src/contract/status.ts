import * as z from 'zod/mini';

/** How the Moov API is doing, judged by the portal's recent calls, and since when (RFC 3339). */
export const statusSchema = z.object({ upstream: z.enum(['up', 'degraded', 'down']), since: z.string() });
export type Status = z.infer<typeof statusSchema>;
