/** The rules, in the order of the catalogue. */
import type { Rule } from '../src/rule.ts';
import { abandonedReceiver } from './abandoned-receiver.ts';
import { abandonedSender } from './abandoned-sender.ts';
import { blockedUnderLock } from './blocked-under-lock.ts';
import { closeBeforeErrorCheck } from './close-before-error-check.ts';
import { deferInLoop } from './defer-in-loop.ts';
import { detachedGoroutine } from './detached-goroutine.ts';
import { discardedResultChannel } from './discarded-result-channel.ts';
import { doubleLock } from './double-lock.ts';
import { drainedTimer } from './drained-timer.ts';
import { emptySelect } from './empty-select.ts';
import { endlessGoroutine } from './endless-goroutine.ts';
import { endlessTickerRange } from './endless-ticker-range.ts';
import { errgroupWithoutWait } from './errgroup-without-wait.ts';
import { httpWithoutTimeout } from './http-without-timeout.ts';
import { lockOrder } from './lock-order.ts';
import { lostCancel } from './lost-cancel.ts';
import { lostSignal } from './lost-signal.ts';
import { mismatchedUnlock } from './mismatched-unlock.ts';
import { missingDone } from './missing-done.ts';
import { missingUnlock } from './missing-unlock.ts';
import { nilChannel } from './nil-channel.ts';
import { queryWithoutContext } from './query-without-context.ts';
import { requestWithoutContext } from './request-without-context.ts';
import { selectWithoutDone } from './select-without-done.ts';
import { timeAfterInLoop } from './time-after-in-loop.ts';
import { timeTick } from './time-tick.ts';
import { timerResetWithoutStop } from './timer-reset-without-stop.ts';
import { unboundedGoroutine } from './unbounded-goroutine.ts';
import { uncheckedRowsError } from './unchecked-rows-error.ts';
import { unclosedBody } from './unclosed-body.ts';
import { unclosedConnection } from './unclosed-connection.ts';
import { unclosedFile } from './unclosed-file.ts';
import { unclosedRange } from './unclosed-range.ts';
import { unclosedResource } from './unclosed-resource.ts';
import { unclosedRows } from './unclosed-rows.ts';
import { unendedSpan } from './unended-span.ts';
import { unfinishedTransaction } from './unfinished-transaction.ts';
import { unreleasedSemaphore } from './unreleased-semaphore.ts';
import { unstoppedIterator } from './unstopped-iterator.ts';
import { unstoppedSignal } from './unstopped-signal.ts';
import { unstoppedTimer } from './unstopped-timer.ts';
import { unstoppedWorker } from './unstopped-worker.ts';
import { unwaitedProcess } from './unwaited-process.ts';
import { waitDeadlock } from './wait-deadlock.ts';
import { waitgroupAddInGoroutine } from './waitgroup-add-in-goroutine.ts';
import { waitgroupMisuse } from './waitgroup-misuse.ts';

export const rules: readonly Rule[] = [
  unboundedGoroutine, endlessGoroutine, selectWithoutDone, detachedGoroutine, emptySelect, endlessTickerRange, unstoppedWorker,
  abandonedSender, abandonedReceiver, unclosedRange, nilChannel, blockedUnderLock, discardedResultChannel,
  waitgroupAddInGoroutine, missingDone, waitDeadlock, waitgroupMisuse, missingUnlock, doubleLock, mismatchedUnlock,
  lockOrder, lostSignal, unclosedBody, closeBeforeErrorCheck, unclosedRows, unfinishedTransaction, unclosedFile,
  unclosedConnection, unclosedResource, unwaitedProcess, unstoppedIterator, unendedSpan, lostCancel, deferInLoop,
  errgroupWithoutWait, unreleasedSemaphore, unstoppedSignal, timerResetWithoutStop, drainedTimer, timeAfterInLoop, timeTick, unstoppedTimer,
  httpWithoutTimeout, requestWithoutContext, queryWithoutContext, uncheckedRowsError,
];
