/** One program whose pprof endpoints are asked. */
export interface Target {
  /** `namespace/pod:port`, or the name or address that a person gave. */
  readonly name: string;
  readonly namespace: string;
  readonly pod: string;
  /** The folder of the endpoints, with a slash at the end: `http://10.1.2.3:6060/debug/pprof/`. */
  readonly base: URL;
}

/** A pod that asks to be looked at and is not, with the reason as a phrase. */
export interface Refusal {
  readonly name: string;
  readonly reason: string;
}

const PPROF = '/debug/pprof/';

/** A target as a person writes it: `[name=]http://host:port[/path]`; a text says what is wrong with it. */
export function staticTarget(text: string): Target | string {
  const [, name, address = ''] = /^(?:([A-Za-z0-9._/-]+)=)?(.*)$/s.exec(text) ?? [];
  let url: URL;
  try {
    url = new URL(/^[a-z]+:\/\//i.test(address) ? address : `http://${address}`);
  } catch {
    return `${text} is no address; write it like http://localhost:6060`;
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return `${text}: only http and https are supported`;
  if (url.username || url.password) return `${text}: credentials in addresses are not supported`;
  const base = new URL(url.pathname === '/' ? PPROF : `${url.pathname.replace(/\/+$/, '')}/`, url);
  return { name: name ?? url.host, namespace: '', pod: '', base };
}
