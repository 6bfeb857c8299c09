/** Processor time of this thread in ms since `process.threadCpuUsage()`: unlike the clock's, the same on a busy machine. */
export function busyMs(since: NodeJS.CpuUsage): number {
  const { user, system } = process.threadCpuUsage(since);
  return (user + system) / 1000;
}
