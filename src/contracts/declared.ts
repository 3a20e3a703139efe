/** What a team knows of its own functions and says in the configuration, in the terms of the tables. */
import { lastElement } from '../program/program.ts';
import type { Resource } from './resource.ts';

export interface Declared {
  readonly resources: readonly Resource[];
  /** Full names of functions that take over the resources they are given. */
  readonly handovers: ReadonlySet<string>;
  /** Full names of functions that do not return. */
  readonly noReturn: ReadonlySet<string>;
  /** All names above, as they stand in the file. */
  readonly names: readonly NamedAt[];
}

export const NOTHING_DECLARED: Declared = { resources: [], handovers: new Set(), noReturn: new Set(), names: [] };

/** A function as somebody names it; the type is that of a method's receiver. */
export interface GoName {
  readonly path: string;
  readonly type: string | undefined;
  readonly name: string;
}

/** A name and the place where it was given; the line is one-based. */
export interface NamedAt {
  readonly name: GoName;
  readonly file: string;
  readonly line: number;
}

const PATH = String.raw`(?<path>(?:[\w.~-]+/)*[\w.~-]+)`;
const IDENT = String.raw`[\p{L}_][\p{L}\p{Nd}_]*`;
const TYPE = String.raw`(?<type>${IDENT})(?:\[.*\])?`;
const NAME = String.raw`(?<name>${IDENT})`;

const FORMS = [
  // as go/types writes it: `(*example.com/pool.Pool).Get`
  String.raw`\(\*?${PATH}\.${TYPE}\)\.${NAME}`,
  // as stack traces write it: `example.com/pool.(*Pool).Get`
  String.raw`${PATH}\.\(\*?${TYPE}\)\.${NAME}`,
  // `example.com/pool.Pool.Get`; the capital tells it from `github.com/nats-io/nats.go.Connect`
  String.raw`${PATH}\.(?=\p{Lu})${TYPE}\.${NAME}`,
  String.raw`${PATH}\.${NAME}`,
].map(form => new RegExp(`^${form}$`, 'u'));

/** Reads the name of a function with its import path; undefined when it is none. */
export function goNameOf(text: string): GoName | undefined {
  for (const form of FORMS) {
    const { path, type, name } = form.exec(text)?.groups ?? {};
    if (path !== undefined && name !== undefined) return { path, type, name };
  }
  return undefined;
}

/** The names that go/types may give it: a method is named by its receiver, and who declares it need not know of which kind that is. */
export function fullNames({ path, type, name }: GoName): readonly string[] {
  return type === undefined ? [`${path}.${name}`] : [`(*${path}.${type}).${name}`, `(${path}.${type}).${name}`];
}

/** How a declared resource is released. */
export type Release =
  /** The resource is a function, and calling it is the release. */
  | { readonly kind: 'call' }
  /** A method of the resource, or one beside the acquiring function that takes it: `Close`, `Put`. */
  | { readonly kind: 'beside'; readonly name: string }
  | { readonly kind: 'function'; readonly name: GoName };

export interface DeclaredResource {
  readonly acquire: GoName;
  readonly releases: readonly Release[];
  /** Whether there is nothing to release when the error beside it is not nil. */
  readonly unlessError: boolean;
  /** Index of the result that is the resource. */
  readonly result: number;
  readonly noun: string;
}

/** A row of the table. */
export function resourceOf({ acquire, releases, unlessError, result, noun }: DeclaredResource): Resource {
  const row: Resource = {
    rule: 'unclosed-resource', noun, released: releasedWord(releases), words: new RegExp(String.raw`\b${lastElement(acquire.path).replace(/[^\w]/g, '.')}\.`),
    releases: releases.flatMap(methodOf),
    acquire: new Map(fullNames(acquire).map(name => [name, result])),
    ...(unlessError ? {} : { evenOnError: true }),
  };
  const functions = releases.flatMap(release => functionsOf(release, acquire));
  return functions.length ? { ...row, releasedBy: new Set(functions) } : row;
}

function methodOf(release: Release): string[] {
  switch (release.kind) {
    case 'call':
      return [];
    case 'beside':
      return [release.name];
    case 'function':
      return release.name.type === undefined ? [] : [release.name.name];
  }
}

function functionsOf(release: Release, acquire: GoName): readonly string[] {
  switch (release.kind) {
    case 'call':
      return [];
    case 'beside':
      return fullNames({ ...acquire, name: release.name });
    case 'function':
      return fullNames(release.name);
  }
}

const WORDS: Readonly<Record<string, string>> = { Close: 'closed', Stop: 'stopped', Release: 'released', Free: 'freed', End: 'ended' };

/** As messages call it: `closed`, `released with Put`. */
function releasedWord([first]: readonly Release[]): string {
  if (!first || first.kind === 'call') return 'called';
  const name = first.kind === 'beside' ? first.name : first.name.name;
  return WORDS[name] ?? `released with ${name}`;
}
