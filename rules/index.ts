/** The rules, in the order of the catalogue. */
import type { Rule } from '../src/rule.ts';
import { selectWithoutDone } from './select-without-done.ts';
import { timerResetWithoutStop } from './timer-reset-without-stop.ts';
import { unboundedGoroutine } from './unbounded-goroutine.ts';
import { unclosedBody } from './unclosed-body.ts';
import { waitgroupAddInGoroutine } from './waitgroup-add-in-goroutine.ts';

export const rules: readonly Rule[] = [unboundedGoroutine, selectWithoutDone, waitgroupAddInGoroutine, unclosedBody, timerResetWithoutStop];
