// Waiting for a condition instead of for a time.
import { setTimeout as pause } from 'node:timers/promises'

const LIMIT_MS = 10_000

/** Resolves to the first value of `probe` that is neither undefined nor false; fails when there is none in time. */
export async function until (what, probe) {
  const deadline = Date.now() + LIMIT_MS
  for (;;) {
    const value = await probe()
    if (value !== undefined && value !== false) return value
    if (Date.now() > deadline) throw new Error(`${what}: not within ${LIMIT_MS / 1000} s`)
    await pause(5)
  }
}
