/** Processor time of this thread (ms) since a result of `process.threadCpuUsage()`. Unlike clock time, a busy machine does not change it. */
export function busyMs(since: NodeJS.CpuUsage): number {
  const { user, system } = process.threadCpuUsage(since);
  return (user + system) / 1000;
}
