/** `go-leak-lint scout`: looks at running programs again and again, for a Prometheus or for a person. */
import type { Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { InvalidArgumentError, Option } from 'commander';
import type { History } from '../runtime/scout/history.ts';
import type { Kubernetes } from '../runtime/scout/kubernetes.ts';
import { Scout, type ScoutSettings } from '../runtime/scout/scout.ts';
import { scoutServer } from '../runtime/scout/server.ts';
import { scoutTable } from '../runtime/scout/table.ts';
import { staticTarget, type Target } from '../runtime/scout/target.ts';
import { duration, wholeNumber } from './duration.ts';
import { subcommand } from './subcommand.ts';
import { UsageError } from './usage.ts';

interface ScoutOptions {
  readonly target: readonly Target[];
  readonly pods?: true;
  readonly namespace: readonly string[];
  readonly node: string;
  readonly selector: string;
  readonly account: string;
  /** Milliseconds, like `snapshotEvery`. */
  readonly interval: number;
  readonly polls?: number;
  readonly listen: Listen | false;
  readonly snapshots: ScoutSettings['snapshots'];
  readonly snapshotEvery: number;
  readonly keep: number;
  readonly maxGoroutines: number;
  readonly maxHeapGrowth: number;
  readonly alertmanager?: URL;
}

interface Listen {
  readonly host: string;
  readonly port: number;
}

const EXAMPLES = `
Examples:
  $ go-leak-lint scout --target http://localhost:6060 --polls 1      one look; exit status 1 above --max-goroutines
  $ go-leak-lint scout --target shop=http://10.1.2.3:6060            for ever, with http://localhost:9464/metrics
  $ go-leak-lint scout --pods --node "$NODE_NAME" --listen 0.0.0.0:9464     in a DaemonSet, see deploy/

A look takes two small pages of a program: the index of net/http/pprof for the number of goroutines, and heap?debug=1 for
its memory. Snapshots are profiles that hardly stop a program; --snapshots states adds ids, states and places of creation
to them, for programs with less than 10,000 goroutines. The last ones can be looked back at on /history, from this machine.

Pods are looked at that have the annotation go-leak-lint/scrape: "true" (with /port or /port-name, /path and /scheme beside
it, else a port named pprof or debug, else 6060), or profiles.grafana.com/goroutine.scrape: "true". Whoever can annotate a pod
chooses these, so only the pod's own address is used, never loopback or link-local ones, and redirects are not followed.

Exit status: after --polls 0, 1 when a target has more than --max-goroutines, 2 when one did not answer; else it runs until it is stopped.`;

const SPREAD_MS = 2_000;

export async function scout(args: readonly string[]): Promise<number> {
  const options = parsed(args);
  const settings: ScoutSettings = {
    targets: options.target, kubernetes: options.pods ? kubernetes(options) : undefined,
    snapshots: options.snapshots, snapshotSeconds: options.snapshotEvery / 1000, keep: options.keep,
    mostGoroutines: options.maxGoroutines, mostGrowth: options.maxHeapGrowth * 1e6, alertmanager: options.alertmanager, spread: SPREAD_MS,
  };
  if (!options.target.length && !options.pods) throw new UsageError(['nothing to look at; name a program with --target, or look for pods with --pods']);
  const watcher = new Scout(settings, line => process.stderr.write(`${line}\n`));
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  const server = options.listen && options.polls === undefined ? await listen(watcher, options.listen) : undefined;
  await rounds(watcher, options, stop.signal);
  server?.close();
  server?.closeAllConnections();
  if (stop.signal.aborted) return 0;
  process.stdout.write(scoutTable(watcher.present, options.maxGoroutines));
  return statusOf(watcher.present, options);
}

async function rounds(watcher: Scout, { interval, polls = Infinity }: ScoutOptions, signal: AbortSignal): Promise<void> {
  const stopped = new Promise<void>(resolve => signal.addEventListener('abort', () => resolve(), { once: true }));
  for (let n = 1; !signal.aborted; n++) {
    const began = Date.now();
    await Promise.race([watcher.round(), stopped]);
    if (n >= polls) return;
    const rest = new AbortController();
    await Promise.race([sleep(Math.max(0, interval - (Date.now() - began)), undefined, { signal: rest.signal }), stopped]);
    rest.abort();
  }
}

async function listen(watcher: Scout, { host, port }: Listen): Promise<Server> {
  const server = scoutServer(watcher);
  await new Promise<void>((resolve, reject) => {
    server.once('error', error => reject(new UsageError([`cannot listen at ${host}:${port}: ${error.message}`])));
    server.listen(port, host, resolve);
  });
  const address = server.address();
  const shown = typeof address === 'object' && address ? `${host.includes(':') ? `[${host}]` : host}:${address.port}` : host;
  process.stderr.write(`metrics at http://${shown}/metrics\n`);
  return server;
}

function statusOf(histories: readonly History[], { maxGoroutines, target }: ScoutOptions): number {
  if (histories.length < target.length || histories.some(h => h.look?.kind !== 'up')) return 2;
  return histories.some(h => (h.samples.last?.goroutines ?? 0) > maxGoroutines) ? 1 : 0;
}

function kubernetes({ namespace, node, selector, account }: ScoutOptions): Kubernetes {
  const host = process.env['KUBERNETES_SERVICE_HOST'] ?? '', port = process.env['KUBERNETES_SERVICE_PORT'] ?? '443';
  if (host === '') throw new UsageError(['--pods works inside a cluster only: KUBERNETES_SERVICE_HOST is not set']);
  return { host, port, account, namespaces: namespace, node, selector };
}

function parsed(args: readonly string[]): ScoutOptions {
  const command = subcommand('scout', 'Looks at the goroutines and the memory of running Go programs again and again, and tells a Prometheus.', EXAMPLES)
    .option('--target <[name=]url>', 'a program that serves net/http/pprof; may be given several times', targets, [])
    .option('--pods', 'look for pods that ask for it, with the service account of this one')
    .option('--namespace <name>', 'only pods of this namespace; may be given several times', (value: string, previous: readonly string[]) => [...previous, value], [])
    .addOption(new Option('--node <name>', 'only pods on this node').default(process.env['NODE_NAME'] ?? '', '$NODE_NAME'))
    .addOption(new Option('--selector <labels>', 'only pods with these labels, as for kubectl').default('', 'all'))
    .option('--account <folder>', 'where the service account is mounted', '/var/run/secrets/kubernetes.io/serviceaccount')
    .addOption(new Option('--interval <time>', 'between two looks').argParser(duration).default(30_000, '30s'))
    .option('--polls <n>', 'stop after so many rounds and print a table', wholeNumber(1))
    .addOption(new Option('--listen <address>', 'where /metrics is served').argParser(address).default({ host: '127.0.0.1', port: 9464 }, '127.0.0.1:9464'))
    .option('--no-listen', 'serve nothing')
    .addOption(new Option('--snapshots <what>', 'what is remembered of the goroutines').choices(['profile', 'states', 'none']).default('profile'))
    .addOption(new Option('--snapshot-every <time>', 'between two snapshots of a program').argParser(duration).default(300_000, '5m'))
    .option('--keep <n>', 'how many snapshots of a program are kept', wholeNumber(1), 12)
    .option('--max-goroutines <n>', 'more than these for five minutes are an alert', wholeNumber(1), 5000)
    .option('--max-heap-growth <megabytes>', 'memory that grows faster, per minute and for ten minutes, is an alert', wholeNumber(1), 5)
    .option('--alertmanager <url>', 'where to send alerts, where no Prometheus does it', alertmanager);
  command.parse(args, { from: 'user' });
  if (command.args.length) throw new UsageError([`unexpected ${command.args[0]}; programs are named with --target`]);
  return command.opts<ScoutOptions>();
}

function targets(value: string, previous: readonly Target[]): readonly Target[] {
  const target = staticTarget(value);
  if (typeof target === 'string') throw new InvalidArgumentError(target);
  return [...previous, target];
}

function address(value: string): Listen {
  const [, host = '', port = ''] = /^(?:\[?([^\]]*?)\]?:)?(\d{1,5})$/.exec(value) ?? [];
  if (port === '' || Number(port) > 65535) throw new InvalidArgumentError('Write it like 127.0.0.1:9464.');
  return { host: host || '127.0.0.1', port: Number(port) };
}

function alertmanager(value: string): URL {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) throw new InvalidArgumentError('Write it like http://alertmanager:9093.');
  return url;
}
