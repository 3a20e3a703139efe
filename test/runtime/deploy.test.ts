/** The manifests and rules in deploy/ fit the command. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { packageRoot } from '../../src/assets.ts';
import { alertsJson } from '../../src/runtime/scout/alertmanager.ts';
import { HOLD_SECONDS } from '../../src/runtime/scout/alarms.ts';
import { moduleWith, run } from '../cli/command.ts';

const text = (name: string) => readFileSync(join(packageRoot, 'deploy', name), 'utf8');
const manifests = parseAllDocuments(text('scout.yaml')).map(document => document.toJS());
const kind = (name: string) => manifests.find(manifest => manifest.kind === name);

test('the scout may list pods and nothing else', () => {
  expect(kind('ClusterRole').rules).toEqual([{ apiGroups: [''], resources: ['pods'], verbs: ['list'] }]);
  expect(kind('ClusterRoleBinding')).toMatchObject({ roleRef: { kind: 'ClusterRole', name: kind('ClusterRole').metadata.name }, subjects: [{ name: kind('ServiceAccount').metadata.name, namespace: kind('DaemonSet').metadata.namespace }] });
  expect(kind('DaemonSet').spec.template.spec.serviceAccountName).toBe(kind('ServiceAccount').metadata.name);
});

test('it is not root and writes nothing', () => {
  const pod = kind('DaemonSet').spec.template.spec;
  expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: 'RuntimeDefault' } });
  expect(pod.containers[0].securityContext).toEqual({ allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } });
  for (const name of ['hostNetwork', 'hostPID', 'hostIPC', 'volumes']) expect(pod).not.toHaveProperty(name);
  expect(text('Dockerfile')).toMatch(/\nUSER 65532:65532\n/);
});

test('the command takes the arguments of the manifest', () => {
  const { args } = kind('DaemonSet').spec.template.spec.containers[0];
  const { status, stderr, stdout } = run(moduleWith({}), ...args, '--target', 'http://127.0.0.1:1', '--polls', '1', '--account', '/nowhere');
  expect(stderr).toMatch(/works inside a cluster only|service account cannot be read/);
  expect({ status, stdout }).toMatchObject({ status: 2 });
});

test('alerts have the same names and times, whoever sends them', () => {
  const { groups } = parse(text('prometheus-rules.yml'));
  for (const condition of ['GoroutinesHigh', 'HeapGrowing'] as const) {
    const [sent] = JSON.parse(alertsJson([{ condition, target: 'shop', since: 0, state: 'firing' }], new Map(), 0));
    const rule = groups[0].rules.find((r: { alert: string }) => r.alert === sent.labels.alertname);
    expect(rule).toMatchObject({ for: `${HOLD_SECONDS[condition] / 60}m`, labels: { severity: sent.labels.severity } });
  }
});
