/**
 * Which finding explains which goroutines. They meet at lines: a goroutine's `go` statement, or the line where it waits,
 * is a step of the finding's trail.
 */
import { basename, dirname } from 'node:path';
import type { Diagnostic, Observation } from '../finding.ts';
import { positionAt, type Site, type Source } from '../source/text.ts';
import type { Code } from './code.ts';
import { fits, functionAt, isFieldLock, isForDone, isGoStatement, isWait, type Lines, lockNameAt, loopAt, statementAround } from './lines.ts';
import type { Frame } from './model.ts';
import { declaredName, packageOf } from './names.ts';
import { CONTEXT_RULE, LOCK_RULES, SIGNATURES } from './signatures.ts';
import type { Template } from './templates.ts';

export type Verdict = Observation['verdict'];

/** What one template says of one finding. */
export interface Match {
  readonly finding: Diagnostic;
  readonly verdict: Verdict;
  /** Completes `10 goroutines …`. */
  readonly what: string;
}

/** A template, and how its number developed where that is known. */
export interface Observed {
  readonly template: Template;
  /** Between the first and the last snapshot of one program; undefined where there is only one. */
  readonly growth?: number | undefined;
}

/** A step of a finding's trail, or the finding's own place. */
interface Place {
  readonly finding: Diagnostic;
  readonly source: Source;
  readonly line: number;
  readonly lines: Lines;
  readonly kind: 'go' | 'wait' | 'other';
  /** The declared function around it; looked up on demand. */
  readonly func: () => string | undefined;
}

/** A frame in the code at hand. */
interface Standing {
  readonly frame: Frame;
  readonly source: Source;
}

/** In this order the strongest verdict comes first. */
export const VERDICTS: readonly Verdict[] = ['confirmed', 'supports', 'near', 'seen'];

/** Lines further off than this are hardly the same code. */
const NEAR = 150;

export class Join {
  private readonly placesOf = new Map<Diagnostic, readonly Place[]>();
  private readonly byLine = new Map<string, Place[]>();
  private readonly byFile = new Map<string, Place[]>();

  constructor(private readonly findings: readonly Diagnostic[], private readonly code: Code) {
    for (const finding of findings) {
      const places = [placeOf(finding, finding.at, true), ...(finding.trail ?? []).map(({ at }) => placeOf(finding, at, false))];
      this.placesOf.set(finding, places);
      for (const place of places) this.index(place);
    }
  }

  /** The findings that a template has to do with, the strongest first. */
  matches(observed: Observed): Match[] {
    const exact = this.exact(observed);
    const found = exact.length ? exact : this.supported(observed.template);
    const all = found.length ? found : this.near(observed.template);
    return all.sort((a, b) => VERDICTS.indexOf(a.verdict) - VERDICTS.indexOf(b.verdict));
  }

  private index(place: Place): void {
    const here = this.byFile.get(place.source.path);
    if (here) here.push(place);
    else this.byFile.set(place.source.path, [place]);
    for (let line = place.lines.first; line <= place.lines.last; line++) {
      const key = `${place.source.path}:${line}`;
      const known = this.byLine.get(key);
      if (known) known.push(place);
      else this.byLine.set(key, [place]);
    }
  }

  private at(source: Source | undefined, line: number): readonly Place[] {
    return source ? this.byLine.get(`${source.path}:${line}`) ?? [] : [];
  }

  private exact(observed: Observed): Match[] {
    const { template } = observed;
    const matches = new Map<Diagnostic, Match>();
    const made = template.createdBy;
    const madeIn = made && this.code.sourceOf(made);
    if (made && madeIn && isMadeAt(madeIn, made)) {
      for (const { finding, kind } of this.at(madeIn, made.line)) if (kind === 'go') matches.set(finding, this.startedHere(finding, observed));
    }
    const waiting = this.waitingFrame(template);
    if (waiting && mayWaitAt(waiting, template)) {
      for (const { finding, kind } of this.at(waiting.source, waiting.frame.line)) if (kind !== 'go') matches.set(finding, { finding, verdict: weigh(observed), what: `parked ${this.where(finding, waiting.source, waiting.frame.line)}${stateOf(template)}` });
    }
    return [...matches.values()];
  }

  /** The goroutines come from the finding's `go` statement, and do not wait where it says, as far as it says. */
  private startedHere(finding: Diagnostic, observed: Observed): Match {
    const says = this.placesOf.get(finding)?.some(place => place.kind === 'wait');
    return { finding, verdict: says && observed.template.leaked === 0 ? 'seen' : weigh(observed), what: `started by this go statement and still there${stateOf(observed.template)}${says ? ', at another line than the one reported' : ''}` };
  }

  private where({ at }: Diagnostic, source: Source, line: number): string {
    const { line: own } = positionAt(at.source, at.start);
    const lines = loopAt(at.source, own) ?? statementAround(at.source, own);
    if (at.source.path !== source.path) return `at ${basename(source.path)}:${line}`;
    return lines.first <= line && line <= lines.last ? 'here' : `at line ${line}`;
  }

  /** The innermost frame in the code at hand. */
  private waitingFrame({ frames }: Template): Standing | undefined {
    for (const frame of frames) {
      const source = this.code.sourceOf(frame);
      if (source) return { frame, source };
    }
    return undefined;
  }

  private supported(template: Template): Match[] {
    const libraries = SIGNATURES.filter(s => s.is(template)).flatMap(({ rules, what }) => this.findings
      .filter(finding => rules.includes(finding.rule)).map((finding): Match => ({ finding, verdict: 'supports', what })));
    if (libraries.length) return libraries;
    const waiting = this.waitingFrame(template);
    return waiting ? [...this.lockHolders(template, waiting), ...this.uncancelled(template, waiting)] : [];
  }

  /** Findings about a context that nobody cancels, for those in the file who wait for one to end. */
  private uncancelled(template: Template, waiting: Standing): Match[] {
    if (!fits(waiting.source, waiting.frame.line, template.op) || !isForDone(waiting.source, waiting.frame.line)) return [];
    return this.findings.filter(finding => finding.rule === CONTEXT_RULE && finding.at.source.path === waiting.source.path)
      .map(finding => ({ finding, verdict: 'supports', what: `parked at ${basename(waiting.source.path)}:${waiting.frame.line} until a context is cancelled${stateOf(template)}` }));
  }

  /** Findings about a lock that somebody does not give back, for those who wait for a lock of that name in the package. */
  private lockHolders(template: Template, waiting: Standing): Match[] {
    const name = template.op === 'lock' ? lockNameAt(waiting.source, waiting.frame.line) : undefined;
    if (name === undefined) return [];
    const candidates = this.findings.filter(({ rule, at }) => LOCK_RULES.includes(rule) && lockNameAt(at.source, positionAt(at.source, at.start).line) === name)
      .filter(finding => isInPackage(finding, waiting));
    const isLocal = ({ function: func, at }: Diagnostic) => at.source.path === waiting.source.path && func === declaredName(waiting.frame.func);
    const local = candidates.filter(isLocal);
    // A lock that is a local variable is known in its function only, a field to the methods of its type.
    const holders = local.length ? local : candidates.filter(finding => isFieldLock(finding.at.source, positionAt(finding.at.source, finding.at.start).line) && isOfSameType(finding, waiting));
    return holders.map(finding => ({ finding, verdict: 'supports', what: `parked at line ${waiting.frame.line} until somebody unlocks ${name}${stateOf(template)}` }));
  }

  /** For dumps of another version: where the line cannot be meant, the nearest place in the same function that can. */
  private near(template: Template): Match[] {
    const made = template.createdBy;
    const madeIn = made && this.code.sourceOf(made);
    const started = made && madeIn && !isMadeAt(madeIn, made) ? this.nearest(madeIn, made, place => place.kind === 'go') : undefined;
    const waiting = this.waitingFrame(template);
    const parked = waiting && !mayWaitAt(waiting, template)
      ? this.nearest(waiting.source, waiting.frame, place => place.kind === 'wait' && fits(place.source, place.line, template.op)) : undefined;
    const found = parked ?? started;
    const line = parked ? waiting?.frame.line : made?.line;
    return found ? [{ finding: found.finding, verdict: 'near', what: `${parked ? 'parked' : 'started'} in this function at line ${line} of another version${stateOf(template)}` }] : [];
  }

  private nearest(source: Source, frame: Frame, isMeant: (place: Place) => boolean): Place | undefined {
    const name = declaredName(frame.func);
    const distance = (place: Place) => Math.abs(place.line - frame.line);
    return (this.byFile.get(source.path) ?? []).filter(place => isMeant(place) && distance(place) <= NEAR && place.func() === name)
      .sort((a, b) => distance(a) - distance(b))[0];
  }
}

/** Every command's package is called `main`, so there the folder decides. */
function isInPackage({ at, package: path }: Diagnostic, { source, frame }: Standing): boolean {
  const pkg = packageOf(frame.func);
  return pkg === 'main' ? dirname(at.source.path) === dirname(source.path) : path === pkg;
}

/** Methods of one type; where one of them is a function, the same file must do. */
function isOfSameType({ at, function: func }: Diagnostic, { source, frame }: Standing): boolean {
  const [mine, other] = [func, declaredName(frame.func)].map(name => /^\(?\*?(\w+)\)?\./.exec(name)?.[1]);
  return mine !== undefined && other !== undefined ? mine === other : at.source.path === source.path;
}

/** Whether the code at hand has a `go` statement there, in that function: else it is another version. */
function isMadeAt(source: Source, made: Frame): boolean {
  return isGoStatement(source, made.line) && isInItsFunction(source, made);
}

function mayWaitAt({ source, frame }: Standing, { op }: Template): boolean {
  return fits(source, frame.line, op) && isInItsFunction(source, frame);
}

/** Functions at package level that have no name of their own are called after `init`. */
function isInItsFunction(source: Source, frame: Frame): boolean {
  const name = declaredName(frame.func);
  return /^(?:init|glob)\b/.test(name) || functionAt(source, frame.line) === name;
}

/** A finding about a loop is about everything in it. */
function placeOf(finding: Diagnostic, { source, start }: Site, isItself: boolean): Place {
  const { line } = positionAt(source, start);
  const kind = isGoStatement(source, line) ? 'go' : isWait(source, line) ? 'wait' : 'other';
  const loop = isItself && kind === 'other' ? loopAt(source, line) : undefined;
  return { finding, source, line, lines: kind === 'go' ? { first: line, last: line } : loop ?? statementAround(source, line), kind, func: () => functionAt(source, line) };
}

/** One goroutine may go on; several in one place, or one for minutes, stay. */
function weigh({ template, growth }: Observed): Verdict {
  if (template.leaked > 0) return 'confirmed';
  if (growth !== undefined) return growth > 0 ? 'confirmed' : 'seen';
  return template.count > 1 || (template.minutes?.most ?? 0) > 0 ? 'confirmed' : 'seen';
}

function stateOf({ state, minutes, leaked }: Template): string {
  const details = [state, ...(minutes ? [`up to ${minutes.most} min`] : []), ...(leaked ? [`${leaked} proved leaked by the runtime`] : [])].filter(text => text !== '');
  return details.length ? ` (${details.join(', ')})` : '';
}
