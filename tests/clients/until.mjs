// Waiting for a condition instead of for a time.
import { setTimeout as pause } from 'node:timers/promises'

const LIMIT_MS = 10_000

/** Resolves to the first value of `probe` that is neither undefined nor false; fails when there is none in time (10 s). */
export async function until (what, probe, limit = LIMIT_MS) {
  const deadline = Date.now() + limit
  for (;;) {
    const value = await probe()
    if (value !== undefined && value !== false) return value
    if (Date.now() > deadline) throw new Error(`${what}: not within ${limit / 1000} s`)
    await pause(5)
  }
}
