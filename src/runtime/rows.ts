/** Templates as people are to see them: with what explains them, or the reason why they are of no interest. */
import { displayPath } from '../report/paths.ts';
import type { Source } from '../source/text.ts';
import { usualReason } from './benign.ts';
import type { Code } from './code.ts';
import type { Join, Match, Observed, Verdict } from './join.ts';
import type { Frame } from './model.ts';
import { shortName } from './names.ts';
import type { Template } from './templates.ts';

export interface Row {
  readonly template: Template;
  readonly growth: number | undefined;
  readonly matches: readonly Match[];
  readonly verdict: Verdict | 'runtime only';
  /** Why there is no finding, as a sentence; undefined where there is one, or no source. */
  readonly gap: string | undefined;
  /** Why such goroutines are no sign of a leak. */
  readonly usual: string | undefined;
  /** The frame that tells most: the innermost in own code, else the innermost that is no mere wait. */
  readonly frame: Frame | undefined;
  readonly isOwn: boolean;
}

/** Usual goroutines come and go with connections; when more than this many come and stay, they are not usual. */
const USUAL_GROWTH = 20;

/** What explains each template; those that are usual and that no finding is about carry the reason. */
export function rowsOf(observed: readonly Observed[], join: Join, code: Code): Row[] {
  const templates = observed.map(o => o.template);
  return observed.map(one => {
    const { template } = one;
    const matches = join.matches(one);
    const usual = matches.length || template.leaked || (one.growth ?? 0) > USUAL_GROWTH ? undefined : usualReason(template, templates);
    const own = template.frames.find(frame => code.originOf(frame) === 'own');
    const isOwn = own !== undefined || (template.createdBy !== undefined && code.originOf(template.createdBy) === 'own');
    const gap = matches.length || code.isEmpty ? undefined : gapOf(template, code, isOwn);
    return { template, growth: one.growth, matches, verdict: matches[0]?.verdict ?? 'runtime only', gap, usual, frame: own ?? tellingFrame(template), isOwn };
  });
}

/** Functions in which every goroutine of its kind waits. */
const MERE_WAIT = /^(?:sync|internal\/\w+|time)\.(?!AfterFunc)|^syscall\.|^os\/signal\.signal_recv|^net\.\(\*netFD\)/;

function tellingFrame({ frames }: Template): Frame | undefined {
  return frames.find(({ func }) => !MERE_WAIT.test(func)) ?? frames[0];
}

function gapOf({ frames, createdBy }: Template, code: Code, isOwn: boolean): string {
  if (frames.some(({ func }) => func === 'net/http.(*persistConn).writeLoop')) return 'It writes for a connection on which net/http.(*persistConn).readLoop waits.';
  if (!isOwn) return 'All of it is library code, and no finding is known to leave such goroutines behind.';
  const places = [...frames, ...(createdBy ? [createdBy] : [])].map(frame => ({ frame, source: code.sourceOf(frame) }));
  const known = places.find(place => place.source !== undefined);
  if (known) return 'No finding is about these lines.';
  return `The source at hand has no ${places.find(({ frame }) => code.originOf(frame) === 'own')?.frame.file ?? 'such file'}.`;
}

/** `orders.(*Desk).Take.func1 orders/orders.go:15`. */
export function describeFrame(frame: Frame, code: Code, cwd: string): string {
  return `${shortName(frame.func)} ${fileOf(frame, code.sourceOf(frame), cwd)}:${frame.line}`;
}

/** A path as the user would write it; of other code the end, with the package's folder. */
function fileOf(frame: Frame, source: Source | undefined, cwd: string): string {
  return source ? displayPath(source.path, cwd) : frame.file.split('/').slice(-2).join('/');
}
