/** Findings as plain data, so that threads and the cache can hand them on: places name their file by path. */
import type { Confidence, Diagnostic, Severity } from '../finding.ts';
import type { Looks } from '../program/looks.ts';
import type { Problem } from '../source/problem.ts';
import type { Site, Source } from '../source/text.ts';

export interface PortableSite {
  readonly path: string;
  readonly start: number;
  readonly end: number;
}

export interface PortableDiagnostic {
  readonly at: PortableSite;
  readonly message: string;
  readonly confidence: Confidence;
  readonly trail?: readonly { readonly at: PortableSite; readonly note: string }[];
  readonly severity: Severity;
  readonly fix?: { readonly message: string; readonly edits: readonly { readonly at: PortableSite; readonly text: string }[] };
  readonly rule: string;
  readonly function: string;
  readonly package: string;
  readonly where: Whereabouts;
}

/** What decides whether a finding is wanted. */
export interface Whereabouts {
  /** The folder of the package; a link in it leads elsewhere. */
  readonly dir: string;
  readonly test: boolean;
  readonly generated: boolean;
}

/** What the analysis of one folder says, whatever was asked for beside it. */
export interface UnitResult {
  readonly diagnostics: readonly PortableDiagnostic[];
  readonly problems: readonly Problem[];
  readonly packages: number;
  /** Real paths of the Go files that were read. */
  readonly files: readonly string[];
  /** Those of them with a comment that may suppress findings. */
  readonly suppressing: readonly string[];
  /** What it depends on besides its own folder and the shape of others. */
  readonly looks: Looks;
}

export function toPortable(diagnostic: Diagnostic, where: Whereabouts): PortableDiagnostic {
  const { at, trail, fix, ...rest } = diagnostic;
  return {
    ...rest, at: siteTo(at), where,
    ...(trail ? { trail: trail.map(step => ({ at: siteTo(step.at), note: step.note })) } : {}),
    ...(fix ? { fix: { message: fix.message, edits: fix.edits.map(edit => ({ at: siteTo(edit.at), text: edit.text })) } } : {}),
  };
}

/** `sourceOf` gives the same source for the same path; undefined where the file is gone, and with it the finding. */
export function fromPortable(portable: PortableDiagnostic, sourceOf: (path: string) => Source | undefined): Diagnostic | undefined {
  const { at, trail, fix, where: _, ...rest } = portable;
  const site = ({ path, start, end }: PortableSite): Site | undefined => {
    const source = sourceOf(path);
    return source && { source, start, end };
  };
  const place = site(at);
  return place && {
    ...rest, at: place,
    ...(trail ? { trail: trail.flatMap(step => { const found = site(step.at); return found ? [{ at: found, note: step.note }] : []; }) } : {}),
    ...(fix ? { fix: { message: fix.message, edits: fix.edits.flatMap(edit => { const found = site(edit.at); return found ? [{ at: found, text: edit.text }] : []; }) } } : {}),
  };
}

function siteTo({ source, start, end }: Site): PortableSite {
  return { path: source.path, start, end };
}
