/** What `go-leak-lint trace` prints for people. */
import { escapeControls } from '../../report/paths.ts';
import type { TextStyle } from '../../report/text.ts';
import type { Code } from '../code.ts';
import { describeMatch } from '../dumpreport.ts';
import type { Match } from '../join.ts';
import type { Frame } from '../model.ts';
import { counted } from '../observe.ts';
import { describeFrame } from '../rows.ts';
import { isBurst, isSuspect, reasonsOf } from './ghosts.ts';
import type { Trace } from './read.ts';
import type { Census, Site } from './sites.ts';
import type { Stack } from './stacks.ts';

export interface TraceReport {
  readonly trace: Trace;
  readonly census: Census;
  readonly code: Code;
  /** The findings that a site has to do with. */
  readonly matches: (site: Site) => readonly Match[];
  readonly cwd: string;
}

export interface TraceStyle {
  readonly paint: TextStyle['paint'];
  /** How many of the sites of which nothing is reported are listed as well. */
  readonly others: number;
}

const SHOWN_FRAMES = 12;

/** The sites that leave goroutines behind, each with where they wait and what led to them, then the others in a table. */
export function traceText(report: TraceReport, style: TraceStyle): string {
  const { sites } = report.census;
  const leaking = sites.filter(site => reasonsOf(site).length > 0);
  const others = sites.filter(site => reasonsOf(site).length === 0);
  return [
    ...head(report),
    ...leaking.flatMap(site => ['', ...details(site, report, style)]),
    ...(leaking.length ? [] : ['', 'No creation site leaves goroutines behind.']),
    ...table(others.slice(0, style.others), leaking.length > 0, report, style),
    ...(others.length > style.others ? [`${others.length - style.others} more with --all.`] : []),
  ].map(line => `${line}\n`).join('');
}

function head({ trace: { version, problem }, census: { seconds, created, ended, system } }: TraceReport): string[] {
  const length = seconds === undefined ? 'of unknown length' : `of ${seconds.toFixed(1)} s`;
  return [
    `Trace ${length} (format of Go 1.${version}): ${counted(created)} created, ${number(ended)} ended${system ? `; ${number(system)} of the runtime itself left out` : ''}.`,
    ...(problem === undefined ? [] : [`Not all of it could be read: ${problem}.`]),
  ];
}

function details(site: Site, report: TraceReport, { paint }: TraceStyle): string[] {
  const { code, cwd, census } = report;
  const rate = Math.max(site.perSecond, site.peak);
  const call = (frame: Frame) => escapeControls(describeFrame(frame, code, cwd));
  const lines = [
    `${paint('bold', place(site.createdBy, report))}: ${paint('red', `${counted(site.ghosts)} stay`)}, ${rate.toFixed(rate < 10 ? 1 : 0)} a second: ${reasonsOf(site).join('; ')}`,
    `  created ${number(site.created)}, ended ${number(site.ended)}, alive ${number(site.alive)}${site.entry ? `, each runs ${escapeControls(site.entry.func)}` : ''}`,
  ];
  if (isBurst(site, census.seconds ?? 0)) lines.push('  all created at about the same time: a pool of workers that is started once looks the same');
  if (site.origin && site.origin !== site.createdBy) lines.push(`  ${paint('yellow', 'because of')} ${call(site.origin)}`);
  for (const { state, frames, count } of site.waiting.slice(0, 3)) {
    const at = frames.find(frame => code.originOf(frame) === 'own') ?? frames[0];
    lines.push(`  ${number(count)} in ${escapeControls(state || 'an unknown state')}${at ? ` at ${call(at)}` : ''}`);
  }
  lines.push(...explained(site, report));
  for (const [i, stack] of site.creation.entries()) lines.push(...[i === 0 ? '  created in' : '  its goroutine was created in', ...stackLines(stack, report)].map(line => paint('dim', line)));
  return lines;
}

const SHOWN_MATCHES = 3;

function explained(site: Site, { matches, cwd }: TraceReport): string[] {
  return matches(site).slice(0, SHOWN_MATCHES).map(match => `  ${match.verdict}: ${describeMatch(match, cwd)}`);
}

/** The innermost frames, and further ones up to the first of the program's own. */
function stackLines(stack: Stack, { code, cwd }: TraceReport): string[] {
  const own = stack.findIndex(frame => code.originOf(frame) === 'own');
  const shown = stack.slice(0, Math.max(SHOWN_FRAMES, own + 1));
  const rest = stack.length - shown.length;
  return [...shown.map(frame => `    ${escapeControls(describeFrame(frame, code, cwd))}`), ...(rest ? [`    … ${rest} more`] : [])];
}

function table(sites: readonly Site[], after: boolean, report: TraceReport, { paint }: TraceStyle): string[] {
  if (!sites.length) return [];
  const rows = sites.map(site => [site.created, site.ended, site.alive, site.ghosts].map(number));
  const titles = ['created', 'ended', 'alive', 'ghosts'];
  const widths = titles.map((title, i) => Math.max(title.length, ...rows.map(row => row[i]?.length ?? 0)));
  const line = (cells: readonly string[]) => cells.map((cell, i) => cell.padStart(widths[i] ?? 0)).join('  ');
  return [
    '', after ? 'Other creation sites:' : 'Creation sites:', paint('dim', line(titles)),
    ...sites.flatMap((site, i) => [
      `${line(rows[i] ?? [])} ${isSuspect(site) ? '?' : ' '} ${place(site.createdBy, report)}${because(site, report)}`,
      ...(isSuspect(site) ? explained(site, report) : []),
    ]),
  ];
}

function because({ origin, createdBy }: Site, report: TraceReport): string {
  return origin && origin !== createdBy ? ` because of ${place(origin, report)}` : '';
}

function place(frame: Frame | undefined, { code, cwd }: TraceReport): string {
  return frame ? escapeControls(describeFrame(frame, code, cwd)) : 'a place that the trace does not say (time.AfterFunc, a C thread)';
}

/** With commas between thousands. */
function number(n: number): string {
  return n.toLocaleString('en-US');
}
