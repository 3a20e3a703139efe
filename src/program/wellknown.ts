/**
 * What functions and variables of widely used packages give, for modules that are checked out without their
 * dependencies: enough to know whose method is called on what they give. Signatures have no parameters here.
 */
import type { Program } from './program.ts';
import { errorType, type Named, type Type, unknown } from './types.ts';

/** The type behind a full name, `go.opentelemetry.io/otel.Tracer` or `(*…/sqlx.DB).Beginx`, of a package that is not at hand. */
export function typeOfWellKnown(name: string, program: Program): Type {
  const variable = VARIABLES.get(name);
  if (variable !== undefined) return typeNamed(variable, program);
  const results = RESULTS.get(name);
  return results ? { kind: 'func', typeParams: [], params: [{ kind: 'slice', elem: unknown }], variadic: true, results: results.map(result => typeNamed(result, program)) } : unknown;
}

/** The packages whose types come out of this one: `go.opentelemetry.io/otel` gives tracers of its package `trace`. */
export function leadsTo(path: string): readonly string[] {
  return leads.get(path) ?? [];
}

function typeNamed(text: string, program: Program): Type {
  if (text === 'error') return errorType;
  if (text.startsWith('*')) return { kind: 'pointer', elem: typeNamed(text.slice(1), program) };
  const dot = text.lastIndexOf('.');
  const plain: Named = { kind: 'named', pkg: text.slice(0, dot), name: text.slice(dot + 1), args: [], def: undefined };
  const entity = program.standard(plain.pkg)?.lookup(plain.name);
  return entity?.kind === 'type' ? { ...plain, def: { spec: entity.spec, file: entity.file } } : plain;
}

const OTEL = 'go.opentelemetry.io/otel';
const OPENTRACING = 'github.com/opentracing/opentracing-go';
const SQLX = 'github.com/jmoiron/sqlx';
const GORILLA = 'github.com/gorilla/websocket';
const GRPC = 'google.golang.org/grpc';
const S3 = 'github.com/aws/aws-sdk-go/service/s3';
const S3_V2 = 'github.com/aws/aws-sdk-go-v2/service/s3';

const TESTIFY = 'github.com/stretchr/testify';

const VARIABLES: ReadonlyMap<string, string> = new Map([[`${GORILLA}.DefaultDialer`, `*${GORILLA}.Dialer`]]);

/** Functions by full name, and the types of their results. */
const RESULTS: ReadonlyMap<string, readonly string[]> = new Map([
  ...giving([`${OTEL}/trace.Tracer`], [`${OTEL}.Tracer`, `(${OTEL}/trace.TracerProvider).Tracer`, `(*${OTEL}/sdk/trace.TracerProvider).Tracer`]),
  ...giving([`${OTEL}/trace.TracerProvider`], [`${OTEL}.GetTracerProvider`, `(${OTEL}/trace.Span).TracerProvider`]),
  ...giving([`*${OTEL}/sdk/trace.TracerProvider`], [`${OTEL}/sdk/trace.NewTracerProvider`]),
  ...giving(['context.Context', `${OTEL}/trace.Span`], [`(${OTEL}/trace.Tracer).Start`]),
  ...giving([`${OTEL}/trace.Span`], [`${OTEL}/trace.SpanFromContext`]),
  ...giving([`${OPENTRACING}.Span`], [`${OPENTRACING}.StartSpan`, `(${OPENTRACING}.Tracer).StartSpan`, `${OPENTRACING}.SpanFromContext`]),
  ...giving([`${OPENTRACING}.Span`, 'context.Context'], [`${OPENTRACING}.StartSpanFromContext`, `${OPENTRACING}.StartSpanFromContextWithTracer`]),
  ...giving(['context.Context', '*go.opencensus.io/trace.Span'], of('go.opencensus.io/trace.', ['StartSpan', 'StartSpanWithRemoteParent'])),
  ...giving([`${OPENTRACING}.Tracer`], [`${OPENTRACING}.GlobalTracer`, `(${OPENTRACING}.Span).Tracer`]),

  ...giving([`*${SQLX}.DB`, 'error'], of(`${SQLX}.`, ['Open', 'Connect', 'ConnectContext'])),
  ...giving([`*${SQLX}.DB`], of(`${SQLX}.`, ['MustOpen', 'MustConnect', 'NewDb'])),
  ...giving([`*${SQLX}.Tx`, 'error'], of(`(*${SQLX}.DB).`, ['Beginx', 'BeginTxx'])),
  ...giving(['*database/sql.Tx', 'error'], of(`(*${SQLX}.DB).`, ['Begin', 'BeginTx'])),
  ...giving([`*${SQLX}.Tx`], of(`(*${SQLX}.DB).`, ['MustBegin', 'MustBeginTx'])),
  ...['DB', 'Tx'].flatMap(type => [
    ...giving([`*${SQLX}.Rows`, 'error'], of(`(*${SQLX}.${type}).`, ['Queryx', 'QueryxContext', 'NamedQuery', 'NamedQueryContext'])),
    ...giving(['*database/sql.Rows', 'error'], of(`(*${SQLX}.${type}).`, ['Query', 'QueryContext'])),
    ...giving([`*${SQLX}.Stmt`, 'error'], of(`(*${SQLX}.${type}).`, ['Preparex', 'PreparexContext'])),
    ...giving(['*database/sql.Stmt', 'error'], of(`(*${SQLX}.${type}).`, ['Prepare', 'PrepareContext'])),
    ...giving([`*${SQLX}.NamedStmt`, 'error'], of(`(*${SQLX}.${type}).`, ['PrepareNamed', 'PrepareNamedContext'])),
  ]),
  ...['Stmt', 'NamedStmt'].flatMap(type => giving([`*${SQLX}.Rows`, 'error'], of(`(*${SQLX}.${type}).`, ['Queryx', 'QueryxContext']))),

  ...['github.com/jackc/pgx/v4', 'github.com/jackc/pgx/v5'].flatMap(pgx => [
    ...giving([`*${pgx}.Conn`, 'error'], of(`${pgx}.`, ['Connect', 'ConnectConfig'])),
    ...giving([`*${pgx}/pgxpool.Pool`, 'error'], of(`${pgx}/pgxpool.`, ['New', 'NewWithConfig', 'Connect', 'ConnectConfig'])),
    ...giving([`*${pgx}/pgxpool.Conn`, 'error'], [`(*${pgx}/pgxpool.Pool).Acquire`]),
    ...giving([`*${pgx}.Conn`], [`(*${pgx}/pgxpool.Conn).Conn`]),
    ...[`*${pgx}.Conn`, `*${pgx}/pgxpool.Pool`, `*${pgx}/pgxpool.Conn`, `${pgx}.Tx`].flatMap(type => [
      ...giving([`${pgx}.Rows`, 'error'], [`(${type}).Query`]),
      ...giving([`${pgx}.Tx`, 'error'], of(`(${type}).`, ['Begin', 'BeginTx'])),
    ]),
  ]),

  ...giving([`*${GORILLA}.Conn`, '*net/http.Response', 'error'], of(`(*${GORILLA}.Dialer).`, ['Dial', 'DialContext'])),
  ...giving([`*${GORILLA}.Conn`, 'error'], [`(*${GORILLA}.Upgrader).Upgrade`]),
  ...['github.com/coder/websocket', 'nhooyr.io/websocket'].flatMap(path => giving([`*${path}.Conn`, '*net/http.Response', 'error'], [`${path}.Dial`])),
  ...giving([`*${GRPC}.ClientConn`, 'error'], of(`${GRPC}.`, ['NewClient', 'Dial', 'DialContext'])),
  ...giving([`*${GRPC}.Server`], [`${GRPC}.NewServer`]),
  ...['assert', 'require'].flatMap(path => giving([`*${TESTIFY}/${path}.Assertions`], [`${TESTIFY}/${path}.New`])),
  ...giving([`*${TESTIFY}/require.Assertions`], [`(*${TESTIFY}/suite.Suite).Require`]),
  ...giving([`*${TESTIFY}/assert.Assertions`], [`(*${TESTIFY}/suite.Suite).Assert`]),
  ...giving(['*testing.T'], [`(*${TESTIFY}/suite.Suite).T`]),
  ...giving([`*${S3}.S3`], [`${S3}.New`]),
  ...giving([`*${S3_V2}.Client`], of(`${S3_V2}.`, ['New', 'NewFromConfig'])),
]);

function of(owner: string, names: readonly string[]): string[] {
  return names.map(name => owner + name);
}

function giving(results: readonly string[], names: readonly string[]): [string, readonly string[]][] {
  return names.map(name => [name, results]);
}

const leads = new Map<string, string[]>();
for (const [name, results] of [...RESULTS, ...[...VARIABLES].map(([name, type]) => [name, [type]] as const)]) {
  const from = pathIn(name);
  leads.set(from, [...new Set([...leads.get(from) ?? [], ...results.map(pathIn).filter(path => path !== '' && path !== from)])]);
}

/** `pgx` of `(*pgx.Conn).Query`, `*pgx.Conn` and `pgx.Connect`; empty for `error`. */
function pathIn(name: string): string {
  const whole = name.startsWith('(') ? name.slice(1, name.lastIndexOf(')')) : name;
  return whole.slice(0, Math.max(whole.lastIndexOf('.'), 0)).replace('*', '');
}
