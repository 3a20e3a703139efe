/** Where the scout may connect to when others choose: whoever can annotate a pod chooses scheme, port and path. */
import { BlockList, isIP } from 'node:net';

/** Addresses at which something other than the pod would answer: this machine, the cloud's metadata, everybody. */
const REFUSED = new BlockList();
for (const [network, prefix] of [['0.0.0.0', 8], ['127.0.0.0', 8], ['169.254.0.0', 16], ['224.0.0.0', 4], ['240.0.0.0', 4]] as const) REFUSED.addSubnet(network, prefix, 'ipv4');
for (const [network, prefix] of [['::', 128], ['::1', 128], ['fe80::', 10], ['ff00::', 8], ['::', 96], ['64:ff9b::', 96]] as const) REFUSED.addSubnet(network, prefix, 'ipv6');

/** Why a pod's address is not connected to, or undefined where it is. `apiServer` is the address of the Kubernetes API. */
export function refusedAddress(ip: string, apiServer: string | undefined): string | undefined {
  const kind = isIP(ip);
  if (kind === 0 || ip.includes('%')) return 'its status has no plain IP address';
  const plain = mapped(ip);
  if (REFUSED.check(plain, isIP(plain) === 4 ? 'ipv4' : 'ipv6')) return `${ip} is a loopback, link-local or other special address`;
  if (apiServer !== undefined && plain === mapped(apiServer)) return `${ip} is the address of the Kubernetes API`;
  return undefined;
}

/** The IPv4 address that an IPv6 one stands for, `::ffff:127.0.0.1` or `::ffff:7f00:1`. */
function mapped(ip: string): string {
  if (isIP(ip) !== 6) return ip;
  const canonical = new URL(`http://[${ip}]/`).hostname.slice(1, -1);
  const match = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(canonical);
  if (!match) return canonical;
  const [high, low] = [Number.parseInt(match[1] ?? '0', 16), Number.parseInt(match[2] ?? '0', 16)];
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

/** A port as an annotation gives it. */
export function portOf(text: string): number | undefined {
  if (!/^\d{1,5}$/.test(text)) return undefined;
  const port = Number(text);
  return port >= 1 && port <= 65535 ? port : undefined;
}

/** A path as an annotation gives it; no query, no escapes, nothing that a server could take for another folder. */
export function isPlainPath(path: string): boolean {
  return /^\/[A-Za-z0-9._/-]{1,100}$/.test(path) && !path.includes('//') && !/(?:^|\/)\.\.?(?:\/|$)/.test(path);
}
