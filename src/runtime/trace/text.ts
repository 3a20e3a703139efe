import { escapeControls } from '../../report/paths.ts';
import type { Frame } from '../model.ts';
import { isBurst, isSuspect, reasonsOf } from './ghosts.ts';
import { isOwn } from './owner.ts';
import type { Trace } from './read.ts';
import type { Census, Site } from './sites.ts';
import type { Stack } from './stacks.ts';

export interface TraceStyle {
  readonly paint: (colour: 'red' | 'yellow' | 'cyan' | 'dim' | 'bold', text: string) => string;
  /** Sites of which nothing is reported that are listed as well. */
  readonly others: number;
}

const SHOWN_FRAMES = 12;

/** For people: the sites that leave goroutines behind, each with where they wait and what led to them, then the others in a table. */
export function traceText(trace: Trace, census: Census, style: TraceStyle): string {
  const leaking = census.sites.filter(site => reasonsOf(site).length > 0);
  const others = census.sites.filter(site => reasonsOf(site).length === 0);
  return [
    ...head(trace, census),
    ...leaking.flatMap(site => ['', ...details(site, census.seconds ?? 0, style)]),
    ...(leaking.length ? [] : ['', 'No creation site leaves goroutines behind.']),
    ...table(others.slice(0, style.others), leaking.length > 0, style),
    ...(others.length > style.others ? [`${others.length - style.others} more with --all.`] : []),
  ].map(line => `${line}\n`).join('');
}

function head({ version, problem }: Trace, { seconds, created, ended, system }: Census): string[] {
  const length = seconds === undefined ? 'of unknown length' : `of ${seconds.toFixed(1)} s`;
  return [
    `Trace ${length} (format of Go 1.${version}): ${number(created)} goroutines created, ${number(ended)} ended${system ? `; ${number(system)} of the runtime itself left out` : ''}.`,
    ...(problem === undefined ? [] : [`Not all of it could be read: ${escapeControls(problem)}.`]),
  ];
}

function details(site: Site, seconds: number, { paint }: TraceStyle): string[] {
  const rate = Math.max(site.perSecond, site.peak);
  const lines = [
    `${paint('bold', place(site.createdBy))}: ${paint('red', `${number(site.ghosts)} goroutines stay`)}, ${rate.toFixed(rate < 10 ? 1 : 0)} a second: ${reasonsOf(site).join('; ')}`,
    `  created ${number(site.created)}, ended ${number(site.ended)}, alive ${number(site.alive)}${site.entry ? `, each runs ${escapeControls(site.entry.func)}` : ''}`,
  ];
  if (isBurst(site, seconds)) lines.push('  all created at about the same time: a pool of workers that is started once looks the same');
  if (site.origin && site.origin !== site.createdBy) lines.push(`  ${paint('yellow', 'because of')} ${call(site.origin)}`);
  for (const { state, frames, count } of site.waiting.slice(0, 3)) {
    const at = frames.find(isOwn) ?? frames[0];
    lines.push(`  ${number(count)} in ${escapeControls(state || 'an unknown state')}${at ? ` at ${call(at)}` : ''}`);
  }
  for (const [i, stack] of site.creation.entries()) lines.push(paint('dim', i === 0 ? '  created in' : '  its goroutine was created in'), ...stackLines(stack).map(line => paint('dim', line)));
  return lines;
}

/** The innermost frames, and further ones up to the first of the program's own. */
function stackLines(stack: Stack): string[] {
  const own = stack.findIndex(isOwn);
  const shown = stack.slice(0, Math.max(SHOWN_FRAMES, own + 1));
  const rest = stack.length - shown.length;
  return [...shown.map(frame => `    ${call(frame)}`), ...(rest ? [`    … ${rest} more`] : [])];
}

function table(sites: readonly Site[], after: boolean, { paint }: TraceStyle): string[] {
  if (!sites.length) return [];
  const rows = sites.map(site => [site.created, site.ended, site.alive, site.ghosts].map(number));
  const titles = ['created', 'ended', 'alive', 'ghosts'];
  const widths = titles.map((title, i) => Math.max(title.length, ...rows.map(row => row[i]?.length ?? 0)));
  const line = (cells: readonly string[]) => cells.map((cell, i) => cell.padStart(widths[i] ?? 0)).join('  ');
  return [
    '', after ? 'Other creation sites:' : 'Creation sites:', paint('dim', line(titles)),
    ...sites.map((site, i) => `${line(rows[i] ?? [])} ${isSuspect(site) ? '?' : ' '} ${place(site.createdBy)}${site.origin && site.origin !== site.createdBy ? paint('dim', ` because of ${call(site.origin)}`) : ''}`),
  ];
}

function place(frame: Frame | undefined): string {
  return frame ? call(frame) : 'a place that the trace does not say (time.AfterFunc, a C thread)';
}

function call({ func, file, line }: Frame): string {
  return escapeControls(`${func} ${file}:${line}`);
}

/** With commas between thousands. */
function number(n: number): string {
  return n.toLocaleString('en-US');
}
