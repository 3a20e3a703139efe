/** Pods as targets: which ask to be looked at, and at which address. */
import { isPlainPath, portOf, refusedAddress } from './address.ts';
import type { Refusal, Target } from './target.ts';

/** What of a pod matters here, checked by `podOf`. */
export interface Pod {
  readonly name: string;
  readonly namespace: string;
  readonly annotations: ReadonlyMap<string, string>;
  readonly ports: readonly { readonly name: string; readonly port: number }[];
  readonly ip: string;
  readonly phase: string;
  readonly isOnHostNetwork: boolean;
  readonly isBeingDeleted: boolean;
}

/** Annotations that ask for it. The tool's own come first; Grafana's are set already where profiles are collected. */
interface Convention {
  readonly scrape: string;
  readonly port: string;
  readonly portName: string;
  readonly path: string;
  readonly scheme: string;
}

const CONVENTIONS: readonly Convention[] = [
  { scrape: 'go-leak-lint/scrape', port: 'go-leak-lint/port', portName: 'go-leak-lint/port-name', path: 'go-leak-lint/path', scheme: 'go-leak-lint/scheme' },
  {
    scrape: 'profiles.grafana.com/goroutine.scrape', port: 'profiles.grafana.com/goroutine.port', portName: 'profiles.grafana.com/goroutine.port_name',
    path: 'profiles.grafana.com/goroutine.path', scheme: 'profiles.grafana.com/goroutine.scheme',
  },
];

/** Names of container ports that serve pprof by custom, and the port that its documentation uses. */
const PORT_NAMES: readonly string[] = ['pprof', 'debug', 'http-pprof', 'http-debug'];
const USUAL_PORT = 6060;
const USUAL_PATH = '/debug/pprof';

/** Undefined for a pod that does not ask, or that runs no longer or not yet. */
export function podTarget(pod: Pod, apiServer: string | undefined): Target | Refusal | undefined {
  const convention = CONVENTIONS.find(({ scrape }) => pod.annotations.get(scrape) === 'true');
  if (!convention || pod.phase !== 'Running' || pod.isBeingDeleted) return undefined;
  const name = `${pod.namespace}/${pod.name}`;
  const refused = (reason: string): Refusal => ({ name, reason });
  if (pod.isOnHostNetwork) return refused('it is on the network of its node, whose ports are not the pod\'s own');
  const address = refusedAddress(pod.ip, apiServer);
  if (address !== undefined) return refused(address);
  const port = askedPort(pod, convention);
  if (typeof port === 'string') return refused(port);
  const path = pod.annotations.get(convention.path) ?? USUAL_PATH;
  if (!isPlainPath(path)) return refused('its path is not one of letters, digits and ._-/ without // and ..');
  const scheme = pod.annotations.get(convention.scheme) ?? 'http';
  if (scheme !== 'http' && scheme !== 'https') return refused('its scheme is neither http nor https');
  const host = pod.ip.includes(':') ? `[${pod.ip}]` : pod.ip;
  // Grafana's path is that of the goroutine profile.
  const folder = path.replace(/\/+$/, '').replace(/\/goroutine$/, '');
  return { name: `${name}:${port}`, namespace: pod.namespace, pod: pod.name, base: new URL(`${scheme}://${host}:${port}${folder}/`) };
}

/** A text says why there is none. */
function askedPort(pod: Pod, convention: Convention): number | string {
  const number = pod.annotations.get(convention.port);
  if (number !== undefined) return portOf(number) ?? 'its port is not a number from 1 to 65535';
  const name = pod.annotations.get(convention.portName);
  const named = pod.ports.find(port => name === undefined ? PORT_NAMES.includes(port.name) : port.name === name);
  if (name !== undefined && !named) return 'no container has a port of the name that it asks for';
  return named?.port ?? USUAL_PORT;
}

/** A pod from the API's JSON; undefined where that is something else. */
export function podOf(json: unknown): Pod | undefined {
  const metadata = field(json, 'metadata'), spec = field(json, 'spec'), status = field(json, 'status');
  const name = textOf(field(metadata, 'name')), namespace = textOf(field(metadata, 'namespace'));
  if (name === '' || namespace === '') return undefined;
  const annotations = field(metadata, 'annotations');
  return {
    name, namespace, ip: textOf(field(status, 'podIP')), phase: textOf(field(status, 'phase')),
    annotations: new Map(isRecord(annotations) ? Object.entries(annotations).map(([key, value]) => [key, textOf(value)]) : []),
    ports: listOf(field(spec, 'containers')).flatMap(container => listOf(field(container, 'ports'))).flatMap(port => {
      const number = portOf(String(field(port, 'containerPort')));
      return number === undefined ? [] : [{ name: textOf(field(port, 'name')), port: number }];
    }),
    isOnHostNetwork: field(spec, 'hostNetwork') === true, isBeingDeleted: field(metadata, 'deletionTimestamp') !== undefined,
  };
}

export function field(json: unknown, name: string): unknown {
  return isRecord(json) ? json[name] : undefined;
}

export function listOf(json: unknown): readonly unknown[] {
  return Array.isArray(json) ? json : [];
}

export function textOf(json: unknown): string {
  return typeof json === 'string' ? json : '';
}

function isRecord(json: unknown): json is Readonly<Record<string, unknown>> {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}
