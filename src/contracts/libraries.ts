/** Resources of widely used libraries, by full names. Names and results are those of the modules' sources; earlier major versions are taken to be alike. */
import type { Resource } from './resource.ts';

const all = (names: readonly string[], result = 0): ReadonlyMap<string, number> => new Map(names.map(name => [name, result] as const));
/** Methods of a pointer; of a variable whose type is out of sight nobody knows that its address is taken. */
const methods = (path: string, type: string, names: readonly string[]) => names.flatMap(name => [`(*${path}.${type}).${name}`, `(${path}.${type}).${name}`]);
const functions = (path: string, names: readonly string[]) => names.map(name => `${path}.${name}`);

/** Clients hold connections, and some of them goroutines, until they are closed. */
const client: Resource = {
  rule: 'unclosed-connection', noun: 'connection', released: 'closed', deferrable: true, releases: ['Close'], words: /\b(?:Client|Conn|Connection)\b/,
  acquire: all([
    ...['github.com/redis/go-redis/v9', 'github.com/go-redis/redis/v8', 'github.com/go-redis/redis/v7', 'github.com/go-redis/redis']
      .flatMap(path => functions(path, ['NewClient', 'NewClusterClient', 'NewFailoverClient', 'NewFailoverClusterClient', 'NewUniversalClient', 'NewRing'])),
    'github.com/moby/buildkit/client.New', 'github.com/containerd/containerd.New', 'github.com/containerd/containerd/client.New', 'github.com/containerd/containerd/v2/client.New',
    ...['github.com/godbus/dbus/v5', 'github.com/godbus/dbus'].flatMap(path => functions(path, ['SystemBusPrivate', 'SessionBusPrivate', 'ConnectSystemBus', 'ConnectSessionBus', 'Dial', 'Connect'])),
    ...['github.com/coreos/go-systemd/v22/dbus', 'github.com/coreos/go-systemd/dbus']
      .flatMap(path => functions(path, ['New', 'NewWithContext', 'NewSystemConnection', 'NewSystemConnectionContext', 'NewUserConnection', 'NewUserConnectionContext', 'NewSystemdConnection', 'NewSystemdConnectionContext'])),
    'github.com/mdlayher/netlink.Dial', 'github.com/mdlayher/genetlink.Dial',
    ...functions('github.com/segmentio/kafka-go', ['Dial', 'DialContext', 'DialLeader']), ...methods('github.com/segmentio/kafka-go', 'Dialer', ['Dial', 'DialContext', 'DialLeader']),
    ...['bigquery', 'firestore', 'spanner', 'datastore', 'logging', 'secretmanager/apiv1'].map(api => `cloud.google.com/go/${api}.NewClient`), 'cloud.google.com/go/kms/apiv1.NewKeyManagementClient',
    'github.com/ClickHouse/clickhouse-go/v2.Open',
  ]),
};

const session: Resource = {
  ...client, noun: 'session', words: /\bgocql\.Session\b/, acquire: all(methods('github.com/gocql/gocql', 'ClusterConfig', ['CreateSession'])),
};

/** It builds queries, each of which takes a connection and gives it back, until it begins a transaction or keeps statements and rows. */
const builder: Resource = {
  ...client, noun: 'session', words: /\bxorm\.Session\b/, holdsFrom: ['Begin', 'Prepare', 'Rows', 'Iterate', 'Lock', 'Tx'],
  acquire: all([...methods('xorm.io/xorm', 'Engine', ['NewSession']), ...methods('github.com/go-xorm/xorm', 'Engine', ['NewSession'])]),
};

/** A session is over when the command that it runs is. */
const remoteCommand: Resource = { ...client, noun: 'session', releases: ['Close', 'Run', 'Output', 'CombinedOutput', 'Wait'], words: /\bssh\.Session\b/, acquire: all(methods('golang.org/x/crypto/ssh', 'Client', ['NewSession'])) };

const mailbox: Resource = {
  ...client, releases: ['Close', 'Quit', 'Unbind', 'Logout', 'Terminate'],
  acquire: all(['net/smtp.Dial', 'net/textproto.Dial', ...functions('net/rpc', ['Dial', 'DialHTTP', 'DialHTTPPath']), 'net/rpc/jsonrpc.Dial',
    ...['github.com/go-ldap/ldap/v3', 'gopkg.in/ldap.v3', 'gopkg.in/ldap.v2'].flatMap(path => functions(path, ['Dial', 'DialTLS', 'DialURL'])),
    ...functions('github.com/emersion/go-imap/client', ['Dial', 'DialTLS'])]),
};

const subscription: Resource = {
  ...client, noun: 'subscription', words: /\bPubSub\b/,
  acquire: all(['github.com/redis/go-redis/v9', 'github.com/go-redis/redis/v8'].flatMap(path => ['Client', 'ClusterClient', 'UniversalClient'].flatMap(type => methods(path, type, ['Subscribe', 'PSubscribe'])))),
};

/** What `ContainerAttach` gives is the connection itself, taken from under HTTP. */
const hijacked: Resource = {
  ...client, words: /\bHijackedResponse\b/,
  acquire: all(['Client', 'APIClient', 'CommonAPIClient', 'ContainerAPIClient'].flatMap(type => methods('github.com/docker/docker/client', type, ['ContainerAttach', 'ContainerExecAttach']))),
};

const documents: Resource = { ...client, releases: ['Disconnect'], acquire: all(['go.mongodb.org/mongo-driver/mongo.Connect', 'go.mongodb.org/mongo-driver/v2/mongo.Connect']) };
const cursor: Resource = {
  rule: 'unclosed-rows', noun: 'cursor', released: 'closed', deferrable: true, releases: ['Close', 'All'], exhausts: ['Next'], words: /\bmongo\.Cursor\b/,
  acquire: all(['go.mongodb.org/mongo-driver/mongo', 'go.mongodb.org/mongo-driver/v2/mongo'].flatMap(path => methods(path, 'Collection', ['Find', 'Aggregate', 'Watch']))),
};

/** The connection is busy with them until they are closed, and its pool does not get it back. */
const batch: Resource = {
  rule: 'unclosed-rows', noun: 'batch', released: 'closed', deferrable: true, releases: ['Close'], words: /\bpgx\.BatchResults\b/,
  acquire: all(['v5', 'v4'].flatMap(version => [...methods(`github.com/jackc/pgx/${version}`, 'Conn', ['SendBatch']), ...methods(`github.com/jackc/pgx/${version}`, 'Tx', ['SendBatch']),
    ...['Pool', 'Tx', 'Conn'].flatMap(type => methods(`github.com/jackc/pgx/${version}/pgxpool`, type, ['SendBatch']))])),
};

const kafka: Resource = {
  ...client, releases: ['Close', 'AsyncClose'], words: /\bsarama\.\w+/,
  acquire: all(['github.com/IBM/sarama', 'github.com/Shopify/sarama'].flatMap(path => [
    ...functions(path, ['NewClient', 'NewSyncProducer', 'NewAsyncProducer', 'NewConsumer', 'NewConsumerGroup', 'NewClusterAdmin']), ...methods(path, 'Consumer', ['ConsumePartition'])])),
};

const upgraded: Resource = {
  ...client, releases: ['Close', 'CloseNow'], words: /\bConn\b/,
  acquire: all([...methods('github.com/gorilla/websocket', 'Upgrader', ['Upgrade']), 'github.com/coder/websocket.Accept', 'nhooyr.io/websocket.Accept']),
};

const file: Resource = {
  rule: 'unclosed-file', noun: 'file', released: 'closed', deferrable: true, releases: ['Close'], words: /\bFile\b/,
  acquire: all([...['Fs', 'Afero'].flatMap(type => methods('github.com/spf13/afero', type, ['Open', 'Create', 'OpenFile'])), 'github.com/spf13/afero.TempFile', ...methods('github.com/spf13/afero', 'Afero', ['TempFile']),
    ...methods('github.com/pkg/sftp', 'Client', ['Open', 'Create', 'OpenFile']), 'golang.org/x/exp/mmap.Open']),
};

const transaction: Resource = {
  rule: 'unfinished-transaction', noun: 'transaction', released: 'committed or rolled back', releases: ['Commit', 'Rollback', 'Discard', 'CommitWith', 'CommitAt'], saysNothing: ['Error'], words: /\b(?:bbolt|bolt)\.Tx\b|\bbadger\.Txn\b|\bleveldb\.Transaction\b|\bgorm\.DB\b/,
  acquire: all([...methods('go.etcd.io/bbolt', 'DB', ['Begin']), ...methods('github.com/boltdb/bolt', 'DB', ['Begin']), ...methods('github.com/syndtr/goleveldb/leveldb', 'DB', ['OpenTransaction']), ...methods('gorm.io/gorm', 'DB', ['Begin']),
    ...['', '/v2', '/v3', '/v4'].flatMap(version => methods(`github.com/dgraph-io/badger${version}`, 'DB', ['NewTransaction', 'NewTransactionAt']))]),
};

/** Iterators and snapshots keep old files and blocks from being removed. */
const iterator: Resource = {
  rule: 'unclosed-resource', noun: 'iterator', released: 'closed', deferrable: true, releases: ['Close', 'Release'], words: /\b(?:badger|pebble)\.Iterator\b|\biterator\.Iterator\b/,
  acquire: all([...['', '/v2', '/v3', '/v4'].flatMap(version => methods(`github.com/dgraph-io/badger${version}`, 'Txn', ['NewIterator'])), ...['', '/v2'].flatMap(version => methods(`github.com/cockroachdb/pebble${version}`, 'DB', ['NewIter'])),
    ...['DB', 'Snapshot', 'Transaction'].flatMap(type => methods('github.com/syndtr/goleveldb/leveldb', type, ['NewIterator']))]),
};
const snapshot: Resource = {
  ...iterator, noun: 'snapshot', words: /\b(?:leveldb|pebble)\.Snapshot\b/,
  acquire: all([...['', '/v2'].flatMap(version => methods(`github.com/cockroachdb/pebble${version}`, 'DB', ['NewSnapshot'])), ...methods('github.com/syndtr/goleveldb/leveldb', 'DB', ['GetSnapshot'])]),
};
const pinned: Resource = { ...iterator, noun: 'closer', words: /$^/, acquire: all(['', '/v2'].flatMap(version => methods(`github.com/cockroachdb/pebble${version}`, 'DB', ['Get'])), 1) };

export const WATCH: Resource = { rule: 'unclosed-resource', noun: 'watch', released: 'stopped', deferrable: true, releases: ['Stop'], endsWith: 'ResultChan', types: ['k8s.io/apimachinery/pkg/watch.Interface'], words: /\bwatch\.Interface\b/, acquire: new Map() };

const tail: Resource = { rule: 'unclosed-resource', noun: 'tail', released: 'stopped', deferrable: true, releases: ['Stop', 'StopAtEOF', 'Kill', 'Killf'], words: /\btail\.Tail\b/, acquire: all(['github.com/nxadm/tail.TailFile', 'github.com/hpcloud/tail.TailFile']) };

/** Streams out of a service or an image. */
const stream: Resource = {
  rule: 'unclosed-resource', noun: 'reader', released: 'closed', deferrable: true, releases: ['Close'], words: /\b(?:minio\.Object|(?:storage|blob)\.Reader)\b/,
  acquire: all([
    ...methods('github.com/minio/minio-go/v7', 'Client', ['GetObject']), ...methods('github.com/minio/minio-go/v6', 'Client', ['GetObject']),
    ...methods('cloud.google.com/go/storage', 'ObjectHandle', ['NewReader', 'NewRangeReader']), ...methods('gocloud.dev/blob', 'Bucket', ['NewReader', 'NewRangeReader']),
    ...methods('github.com/google/go-containerregistry/pkg/v1', 'Layer', ['Compressed', 'Uncompressed']),
    ...['Client', 'APIClient', 'CommonAPIClient', 'ImageAPIClient', 'ContainerAPIClient'].flatMap(type => methods('github.com/docker/docker/client', type,
      ['ImagePull', 'ImagePush', 'ImageSave', 'ImageImport', 'ImageCreate', 'ContainerLogs', 'ContainerExport', 'CopyFromContainer', 'ServiceLogs', 'TaskLogs'])),
  ]),
};

export const LIBRARY_RESOURCES: readonly Resource[] = [
  client, session, builder, remoteCommand, mailbox, subscription, hijacked, documents, cursor, batch, kafka, upgraded, file, transaction, iterator, snapshot, pinned, WATCH, tail, stream,
];
