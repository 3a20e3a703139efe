/** Goroutines that most healthy programs have. Full names; what goleak and the tests of net/http leave out is among them. */
import type { Template } from './templates.ts';

interface Usual {
  readonly why: string;
  /** Any frame of the stack has one of these names. */
  readonly frames?: readonly string[];
  /** No frame of the stack has such a name. */
  readonly without?: RegExp;
  readonly createdBy?: readonly string[];
  readonly ops?: readonly Template['op'][];
  /** Above this many it is not usual any more. */
  readonly most?: number;
}

const USUAL: readonly Usual[] = [
  { why: 'takes this snapshot', frames: ['runtime/pprof.(*Profile).WriteTo', 'runtime/pprof.writeGoroutineStacks', 'runtime/pprof.writeRuntimeProfile', 'runtime/pprof.runtime_goroutineProfileWithLabels', 'runtime/debug.Stack', 'runtime/debug.PrintStack'] },
  { why: 'waits for signals', frames: ['os/signal.signal_recv', 'os/signal.loop'] },
  { why: 'the main goroutine', frames: ['main.main'], most: 1 },
  { why: 'watches whether the client of a running request goes away', frames: ['net/http.(*connReader).backgroundRead'] },
  { why: 'is about to watch a request', createdBy: ['net/http.(*connReader).startBackgroundRead'], ops: ['run'] },
  { why: 'a connection of the HTTP server between two requests', frames: ['net/http.(*conn).serve'], without: /\.ServeHTTP$/, ops: ['io', 'unknown'] },
  { why: 'an idle connection of an HTTP client', frames: ['net/http.(*persistConn).readLoop', 'net/http.(*http2clientConnReadLoop).run'], ops: ['io'] },
  { why: 'accepts connections', frames: ['net.(*TCPListener).Accept', 'net.(*UnixListener).Accept'], ops: ['io'], most: 50 },
  { why: 'opens connections of a sql.DB', frames: ['database/sql.(*DB).connectionOpener', 'database/sql.(*DB).connectionCleaner'], most: 20 },
  { why: 'a test that waits for others', frames: ['testing.(*T).Run', 'testing.(*T).Parallel', 'testing.(*M).Run', 'testing.RunTests', 'testing.runFuzzing', 'testing.runFuzzTests'], ops: ['receive', 'unknown', 'sleep'] },
  { why: 'a test that waits for its parallel subtests', frames: ['testing.tRunner.func1'], without: /^(?!testing\.)/, ops: ['receive', 'unknown'] },
  { why: 'ends a test run that took too long', frames: ['testing.(*M).startAlarm.func1'] },
  { why: 'writes the execution trace', frames: ['runtime/trace.Start.func1', 'runtime/trace.(*traceMultiplexer).startLocked.func1', 'runtime.ReadTrace'] },
  { why: 'writes the CPU profile', frames: ['runtime/pprof.profileWriter'] },
  { why: 'flushes a log', frames: ['github.com/golang/glog.(*loggingT).flushDaemon', 'github.com/golang/glog.(*fileSink).flushDaemon', 'k8s.io/klog.(*loggingT).flushDaemon', 'k8s.io/klog/v2.(*loggingT).flushDaemon', 'k8s.io/klog/v2.(*flushDaemon).run.func1'], most: 4 },
  { why: 'rotates log files', frames: ['gopkg.in/natefinch/lumberjack%2ev2.(*Logger).millRun'], most: 20 },
  { why: 'the worker of OpenCensus', frames: ['go.opencensus.io/stats/view.(*worker).start'], most: 1 },
  { why: 'exports telemetry', frames: ['go.opentelemetry.io/otel/sdk/trace.(*batchSpanProcessor).processQueue', 'go.opentelemetry.io/otel/sdk/metric.(*PeriodicReader).run'], most: 4 },
  { why: 'a worker of bleve', frames: ['github.com/blevesearch/bleve_index_api.AnalysisWorker', 'github.com/blevesearch/bleve/index.AnalysisWorker'], most: 256 },
];

/** Why this many of such goroutines are no sign of a leak; undefined where nothing says so. */
export function usualReason(template: Template, all: readonly Template[]): string | undefined {
  // What sends requests on a connection waits in the same place, whether its partner is idle or stuck.
  if (has(template, 'net/http.(*persistConn).writeLoop') && !all.some(isStuckReader)) return 'an idle connection of an HTTP client';
  if (template.frames.length === 0) return 'has not begun yet';
  return USUAL.find(usual => isOf(template, usual))?.why;
}

/** Waits for somebody to read or close a response body. */
export function isStuckReader(template: Template): boolean {
  return has(template, 'net/http.(*persistConn).readLoop') && template.op !== 'io' && template.op !== 'run';
}

function isOf(template: Template, { frames, without, createdBy, ops, most = Infinity }: Usual): boolean {
  return template.count <= most && template.leaked === 0
    && (!frames || frames.some(name => has(template, name)))
    && !(without && template.frames.some(({ func }) => without.test(func)))
    && (!createdBy || createdBy.includes(template.createdBy?.func ?? ''))
    && (!ops || ops.includes(template.op));
}

function has(template: Template, func: string): boolean {
  return template.frames.some(frame => frame.func === func);
}
