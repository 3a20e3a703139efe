/** Everything a rule may use. Rules import this file and nothing else. */
import type { Finding, Severity } from './finding.ts';
import type { Pass } from './leaks/pass.ts';
import type { FuncInfo } from './program/package.ts';

export interface Rule {
  readonly id: string;
  /** One line for `--list-rules` and for the head of SARIF's rule. */
  readonly summary: string;
  readonly severity: Severity;
  check(pass: Pass): Iterable<Finding>;
  /** Its findings tell of somebody who waits for ever, which nobody need say again. */
  readonly tellsOfWaits?: true;
  /** What it says of functions of which no rule has told that somebody waits for ever in them. */
  untold?(pass: Pass, told: ReadonlySet<FuncInfo | undefined>): Iterable<Finding>;
}

export type { Confidence, Finding, Severity, Step } from './finding.ts';
export type { Pass } from './leaks/pass.ts';
export type { Expr } from './syntax/ast.ts';
export type { Site } from './source/text.ts';
export { atLeast } from './source/goversion.ts';
export { askedBodies, isTest, siteIn } from './leaks/bodies.ts';
export { describeCall, textOf, turnSteps } from './leaks/words.ts';
export { startSite } from './leaks/goroutines/goroutines.ts';
export { unreleased } from './leaks/resources/unreleased.ts';
export { forgottenCancels } from './leaks/resources/forgottencancels.ts';
export { forgottenFields } from './leaks/resources/forgottenfields.ts';
export { riskyResets } from './leaks/timers/timers.ts';
export { emptyDrains } from './leaks/timers/drains.ts';
export { funcTimerReceives } from './leaks/timers/functimers.ts';
export { piledTimers } from './leaks/timers/afters.ts';
export { endlessTickerRanges, lostTickers } from './leaks/timers/tickers.ts';
export { addsInGoroutine, declarationOf } from './leaks/groups/waitgroups.ts';
export { callsGiving, copiedGroups, type CopiedGroup } from './leaks/groups/copiedgroups.ts';
export { endlessSelects, goroutinesRunning, goroutinesStarted, livesAsLongAsProcess, runBy, type Goroutine } from './leaks/goroutines/goroutines.ts';
export { unboundedStart, type UnboundedStart } from './leaks/limits/bounds.ts';
export { type DeferInLoop, defersInLoops } from './leaks/resources/defers.ts';
export { earlyCloses } from './leaks/resources/earlyclose.ts';
export { type AtomicFlag, atomicFlags } from './leaks/locks/atomicflags.ts';
export { keptLocks, type KeptLock } from './leaks/locks/locks.ts';
export { type DoubleLock, doubleLocks } from './leaks/locks/doublelocks.ts';
export { runLockedFindings } from './leaks/locks/runlockedwords.ts';
export { type OnceAgain, oncesAgain } from './leaks/locks/onces.ts';
export { type LostSignal, lostSignals } from './leaks/locks/signals.ts';
export { type SilentFlag, silentFlags } from './leaks/locks/silentflags.ts';
export { type SkippedSignal, skippedSignals } from './leaks/locks/skippedsignals.ts';
export { type LockedUnder, type LockOrder, lockOrders } from './leaks/locks/lockorder.ts';
export { mismatches } from './leaks/locks/unlockmodes.ts';
export { abandoned } from './leaks/channels/words.ts';
export { channelsSetToNil, type SetToNil } from './leaks/channels/setnil.ts';
export { nilChannels } from './leaks/channels/nil.ts';
export { emptySelects, type Endless, endlessGoroutines } from './leaks/goroutines/endless.ts';
export { stayingBreaks } from './leaks/goroutines/breaks.ts';
export { unstoppedWorkers } from './leaks/resources/workers.ts';
export { abandonedWorkers } from './leaks/resources/ownworkers.ts';
export { blockedUnderLock, type BlockedUnderLock } from './leaks/channels/underlock.ts';
export { discardedResults } from './leaks/channels/generators.ts';
export { unlockFix, unlockModeFix } from './leaks/locks/lockfix.ts';
export { addBeforeGo } from './leaks/groups/addfix.ts';
export { type UnbufferedSignal, unbufferedSignals, type UnstoppedSignal, unstoppedSignals } from './leaks/channels/notifications.ts';
export { type KeptToken, keptTokens } from './leaks/channels/semaphores.ts';
export { type Detached, detachedGoroutines } from './leaks/limits/detached.ts';
export { type UncheckedRows, uncheckedRows } from './leaks/resources/rowserrors.ts';
export { type LimitlessClient, limitlessClients } from './leaks/limits/limitlessclients.ts';
export { type LimitlessServer, limitlessServers } from './leaks/limits/limitlessservers.ts';
export { type ContextFreeRequest, contextFreeRequests } from './leaks/limits/contextfreerequests.ts';
export { type ContextFreeQuery, contextFreeQueries } from './leaks/limits/contextfreequeries.ts';
export { deadlockedWaits } from './leaks/groups/waitwords.ts';
export { stopWaits } from './leaks/channels/unwatchedwords.ts';
export { waitsBeforeTelling } from './leaks/channels/waitendwords.ts';
export { wrongCounts } from './leaks/groups/donewords.ts';
export { stuckFindings } from './leaks/schedules/findings.ts';
