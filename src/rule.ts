/** Everything a rule may use. Rules import this file and nothing else. */
import type { Finding, Severity } from './finding.ts';
import type { Pass } from './leaks/pass.ts';

export interface Rule {
  readonly id: string;
  /** One line for `--list-rules` and for the head of SARIF's rule. */
  readonly summary: string;
  readonly severity: Severity;
  check(pass: Pass): Iterable<Finding>;
}

export type { Confidence, Finding, Severity, Step } from './finding.ts';
export type { Pass } from './leaks/pass.ts';
export type { Expr } from './syntax/ast.ts';
export type { Site } from './source/text.ts';
export { atLeast } from './source/goversion.ts';
export { askedBodies, isTest, siteIn } from './leaks/bodies.ts';
export { describeCall, startSite, textOf, turnSteps } from './leaks/words.ts';
export { unreleased } from './leaks/unreleased.ts';
export { forgottenCancels } from './leaks/forgottencancels.ts';
export { riskyResets } from './leaks/timers.ts';
export { emptyDrains } from './leaks/drains.ts';
export { funcTimerReceives } from './leaks/functimers.ts';
export { piledTimers } from './leaks/afters.ts';
export { endlessTickerRanges, lostTickers } from './leaks/tickers.ts';
export { addsInGoroutine, declarationOf } from './leaks/waitgroups.ts';
export { callsGiving, copiedGroups, type CopiedGroup } from './leaks/copiedgroups.ts';
export { endlessSelects, goroutinesRunning, goroutinesStarted, livesAsLongAsProcess, runBy, type Goroutine } from './leaks/goroutines.ts';
export { unboundedStart, type UnboundedStart } from './leaks/bounds.ts';
export { type DeferInLoop, defersInLoops } from './leaks/defers.ts';
export { earlyCloses } from './leaks/earlyclose.ts';
export { keptLocks, type KeptLock } from './leaks/locks.ts';
export { type DoubleLock, doubleLocks } from './leaks/doublelocks.ts';
export { runLockedFindings } from './leaks/runlockedwords.ts';
export { type OnceAgain, oncesAgain } from './leaks/onces.ts';
export { type LostSignal, lostSignals } from './leaks/signals.ts';
export { type SilentFlag, silentFlags } from './leaks/silentflags.ts';
export { type LockedUnder, type LockOrder, lockOrders } from './leaks/lockorder.ts';
export { mismatches } from './leaks/unlockmodes.ts';
export { abandoned } from './leaks/channels/words.ts';
export { channelsSetToNil, type SetToNil } from './leaks/channels/setnil.ts';
export { nilChannels } from './leaks/channels/nil.ts';
export { emptySelects, type Endless, endlessGoroutines } from './leaks/endless.ts';
export { stayingBreaks } from './leaks/breaks.ts';
export { unstoppedWorkers } from './leaks/workers.ts';
export { abandonedWorkers } from './leaks/ownworkers.ts';
export { blockedUnderLock, type BlockedUnderLock } from './leaks/channels/underlock.ts';
export { discardedResults } from './leaks/channels/generators.ts';
export { unlockFix, unlockModeFix } from './leaks/lockfix.ts';
export { addBeforeGo } from './leaks/addfix.ts';
export { type UnbufferedSignal, unbufferedSignals, type UnstoppedSignal, unstoppedSignals } from './leaks/notifications.ts';
export { type KeptToken, keptTokens } from './leaks/semaphores.ts';
export { type Detached, detachedGoroutines } from './leaks/detached.ts';
export { type UncheckedRows, uncheckedRows } from './leaks/rowserrors.ts';
export { type LimitlessClient, limitlessClients } from './leaks/limitlessclients.ts';
export { type LimitlessServer, limitlessServers } from './leaks/limitlessservers.ts';
export { type ContextFreeRequest, contextFreeRequests } from './leaks/contextfreerequests.ts';
export { type ContextFreeQuery, contextFreeQueries } from './leaks/contextfreequeries.ts';
export { deadlockedWaits } from './leaks/waitwords.ts';
export { wrongCounts } from './leaks/donewords.ts';
