/**
 * What is acquired by which call, and what releases it: data for one engine. Names are full names as go/types writes
 * them; sources are the packages' own documentation.
 */
import type { FuncOutline, Package } from '../program/package.ts';
import { type Type, typeName } from '../program/types.ts';
import { LIBRARY_RESOURCES } from './libraries.ts';
import type { Giving, Resource } from './resource.ts';

const all = (names: readonly string[], result: Giving = 0) => new Map(names.map(name => [name, result] as const));
const methods = (type: string, names: readonly string[]) => names.map(name => `(${type}).${name}`);

const clientCalls = ['Get', 'Post', 'PostForm', 'Head'];

export const RESPONSE: Resource = {
  rule: 'unclosed-body', noun: 'response body', released: 'closed', deferrable: true, field: 'Body', releases: ['Close'], releasesWhole: ['Write'],
  types: ['*net/http.Response'], words: /\bResponse\b|Closer\b/,
  acquire: all([
    ...clientCalls.flatMap(name => [`net/http.${name}`, `(*net/http.Client).${name}`, `golang.org/x/net/context/ctxhttp.${name}`]),
    '(*net/http.Client).Do', 'golang.org/x/net/context/ctxhttp.Do', ...['Do', ...clientCalls].map(name => `(*github.com/hashicorp/go-retryablehttp.Client).${name}`), ...clientCalls.map(name => `github.com/hashicorp/go-retryablehttp.${name}`),
    '(*net/http.Transport).RoundTrip', '(net/http.RoundTripper).RoundTrip',
  ]),
};

/** Responses of client libraries, which hand the body of the one from net/http on. */
export const ANSWER: Resource = {
  rule: 'unclosed-body', noun: 'response body', released: 'closed', deferrable: true, field: 'Body', releases: ['Close'], words: /\bGetObjectOutput\b/,
  acquire: all([
    ...['Client', 'APIClient', 'CommonAPIClient', 'ImageAPIClient', 'ContainerAPIClient'].flatMap(type => [`(*github.com/docker/docker/client.${type})`, `(github.com/docker/docker/client.${type})`])
      .flatMap(type => ['ImageBuild', 'ImageLoad', 'ContainerStats'].map(name => `${type}.${name}`)),
    '(*github.com/aws/aws-sdk-go-v2/service/s3.Client).GetObject',
    ...['(*github.com/aws/aws-sdk-go/service/s3.S3)', '(github.com/aws/aws-sdk-go/service/s3/s3iface.S3API)'].flatMap(type => ['GetObject', 'GetObjectWithContext'].map(name => `${type}.${name}`)),
  ]),
};

const file: Resource = {
  rule: 'unclosed-file', noun: 'file', released: 'closed', deferrable: true, releases: ['Close'], words: /\bFile\b|Closer\b|\bRoot\b/,
  types: ['*os.File', 'io/fs.File', 'net/http.File'], typedOf: /^(?:[Oo]pen|[Cc]reate|[Tt]emp)(?![a-z])|(?:Open|Create|Temp)(?![a-z])/,
  views: new Set(['(*os.Root).FS']),
  acquire: all(['os.Open', 'os.Create', 'os.OpenFile', 'os.CreateTemp', 'os.OpenInRoot', 'os.OpenRoot', 'io/ioutil.TempFile', 'archive/zip.OpenReader', '(net/http.Dir).Open', '(net/http.FileSystem).Open', '(io/fs.FS).Open',
    ...methods('*os.Root', ['Open', 'Create', 'OpenFile', 'OpenRoot']), '(*net/http.Request).FormFile', '(*mime/multipart.FileHeader).Open',
    // A copy of the descriptor, which is nobody else's.
    ...['conn', 'TCPListener', 'UnixListener'].map(type => `(*net.${type}).File`)]),
};

/** Each end of a pipe is a file of its own; of `io.Pipe` the end that is written to lets the reader know that it is over. */
const pipes: readonly Resource[] = [
  { ...file, noun: 'read end', types: [], words: /$^/, acquire: all(['os.Pipe']) },
  { ...file, noun: 'write end', types: [], words: /$^/, acquire: all(['os.Pipe'], 1) },
  { ...file, noun: 'write end', types: [], releases: ['Close', 'CloseWithError'], words: /\bPipeWriter\b/, onlyWhenNever: true, pairedWith: 0, acquire: all(['io.Pipe'], 1) },
];

const queries = ['Query', 'QueryContext'];
export const ROWS: Resource = {
  rule: 'unclosed-rows', noun: 'result set', released: 'closed', deferrable: true, releases: ['Close'], exhausts: ['Next'], words: /\bRows\b/,
  types: ['*database/sql.Rows', '*github.com/jmoiron/sqlx.Rows'],
  acquire: all([
    ...['*database/sql.DB', '*database/sql.Tx', '*database/sql.Stmt', '*database/sql.Conn'].flatMap(type => methods(type, queries)),
    ...['*DB', '*Tx', '*Stmt', '*Conn', '*NamedStmt'].flatMap(type => methods(`*github.com/jmoiron/sqlx.${type.slice(1)}`, [...queries, 'Queryx', 'QueryxContext', 'NamedQuery', 'NamedQueryContext'])),
    'github.com/jmoiron/sqlx.NamedQuery', 'github.com/jmoiron/sqlx.NamedQueryContext', '(*gorm.io/gorm.DB).Rows',
  ]),
};

const pgxRows: Resource = {
  rule: 'unclosed-rows', noun: 'result set', released: 'closed', deferrable: true, releases: ['Close'], exhausts: ['Next'], failsReleased: ['Scan', 'Values'], words: /\bRows\b/,
  types: ['github.com/jackc/pgx/v5.Rows', 'github.com/jackc/pgx/v4.Rows'],
  acquire: all(['*github.com/jackc/pgx/v5.Conn', '*github.com/jackc/pgx/v4.Conn', '*github.com/jackc/pgx/v5/pgxpool.Pool', '*github.com/jackc/pgx/v4/pgxpool.Pool',
    'github.com/jackc/pgx/v5.Tx', 'github.com/jackc/pgx/v4.Tx', ...['v5', 'v4'].flatMap(version => ['Tx', 'Conn'].map(type => `*github.com/jackc/pgx/${version}/pgxpool.${type}`))].flatMap(type => methods(type, ['Query']))),
};

const statement: Resource = {
  rule: 'unclosed-rows', noun: 'prepared statement', released: 'closed', deferrable: true, releases: ['Close'], words: /\b(?:Named)?Stmt\b/,
  types: ['*database/sql.Stmt', '*github.com/jmoiron/sqlx.Stmt', '*github.com/jmoiron/sqlx.NamedStmt'], typedOf: /^[Pp]repare(?![a-z])/,
  acquire: all([
    ...['*database/sql.DB', '*database/sql.Conn'].flatMap(type => methods(type, ['Prepare', 'PrepareContext'])),
    ...methods('*github.com/jmoiron/sqlx.DB', ['Prepare', 'PrepareContext', 'Preparex', 'PreparexContext', 'PrepareNamed', 'PrepareNamedContext']),
  ]),
};

const transaction: Resource = {
  rule: 'unfinished-transaction', noun: 'transaction', released: 'committed or rolled back', releases: ['Commit', 'Rollback'], words: /\bTx\b/,
  types: ['*database/sql.Tx', '*github.com/jmoiron/sqlx.Tx', 'github.com/jackc/pgx/v5.Tx', 'github.com/jackc/pgx/v4.Tx'], typedOf: /^[Bb]egin(?![a-z])/,
  acquire: all([
    ...['*database/sql.DB', '*database/sql.Conn', '*github.com/jackc/pgx/v5.Conn', '*github.com/jackc/pgx/v4.Conn', '*github.com/jackc/pgx/v5/pgxpool.Pool',
      '*github.com/jackc/pgx/v4/pgxpool.Pool'].flatMap(type => methods(type, ['Begin', 'BeginTx'])),
    ...methods('*github.com/jmoiron/sqlx.DB', ['Begin', 'BeginTx', 'Beginx', 'BeginTxx']),
  ]),
};

const connection: Resource = {
  rule: 'unclosed-connection', noun: 'connection', released: 'closed', deferrable: true, releases: ['Close', 'CloseNow', 'Quit', 'Hijack'], words: /\bConn\b|\w+Conn\b|Closer\b/,
  types: ['net.Conn'], typedOf: /[Dd]ial(?:er)?(?![a-z])|^[Aa]ccept(?![a-z])/,
  acquire: all([
    ...['Dial', 'DialTimeout', 'DialTCP', 'DialUDP', 'DialUnix', 'DialIP', 'ListenPacket', 'ListenUDP', 'ListenUnixgram', 'ListenMulticastUDP'].map(name => `net.${name}`),
    ...methods('*net.Dialer', ['Dial', 'DialContext', 'DialTCP', 'DialUDP', 'DialUnix', 'DialIP']), '(*net.ListenConfig).ListenPacket',
    'crypto/tls.Dial', 'crypto/tls.DialWithDialer', ...methods('*crypto/tls.Dialer', ['Dial', 'DialContext']),
    ...methods('net.Listener', ['Accept']), ...methods('*net.TCPListener', ['Accept', 'AcceptTCP']), ...methods('*net.UnixListener', ['Accept', 'AcceptUnix']),
    ...methods('*github.com/gorilla/websocket.Dialer', ['Dial', 'DialContext']), 'github.com/coder/websocket.Dial', 'nhooyr.io/websocket.Dial', 'golang.org/x/net/websocket.Dial',
    'github.com/jackc/pgx/v5.Connect', 'github.com/jackc/pgx/v4.Connect', '(*database/sql.DB).Conn',
  ]),
};

const UNIX = ['syscall', 'golang.org/x/sys/unix'];

/** A number that the operating system has given for what is open; the file that `os.NewFile` makes of it closes it as well. */
const descriptor: Resource = {
  rule: 'unclosed-file', noun: 'descriptor', released: 'closed', releases: ['Close'], releasedBy: new Set(UNIX.map(path => `${path}.Close`)), words: /$^/,
  acquire: all(UNIX.flatMap(path => ['Open', 'Openat', 'Creat', 'Socket', 'Dup', 'EpollCreate', 'EpollCreate1', 'InotifyInit', 'InotifyInit1', 'Eventfd', 'TimerfdCreate', 'MemfdCreate', 'PidfdOpen', 'Kqueue'].map(name => `${path}.${name}`))),
};

/** What is generated for a service calls through the connection, and has nothing to close it. */
const rpcConnection: Resource = {
  ...connection, types: [], stubs: /\.New[A-Z]\w*[a-z0-9]\w*Client$/,
  acquire: all(['NewClient', 'Dial', 'DialContext'].map(name => `google.golang.org/grpc.${name}`)),
};

/** A connection out of a pool, which has only so many. */
const pooled: Resource = {
  rule: 'unclosed-connection', noun: 'connection', released: 'released', deferrable: true, releases: ['Release', 'Hijack'], words: /\bConn\b/,
  acquire: all(methods('*github.com/jackc/pgx/v5/pgxpool.Pool', ['Acquire']).concat(methods('*github.com/jackc/pgx/v4/pgxpool.Pool', ['Acquire']))),
};

/** Handles of databases: each has connections and goroutines of its own. */
const database: Resource = {
  rule: 'unclosed-connection', noun: 'database', released: 'closed', deferrable: true, releases: ['Close'], words: /\bDB\b|\bPool\b|\bDatabase\b/,
  acquire: all(['database/sql.Open', 'database/sql.OpenDB', ...['Open', 'Connect', 'ConnectContext', 'MustOpen', 'MustConnect'].map(name => `github.com/jmoiron/sqlx.${name}`),
    ...['New', 'NewWithConfig', 'Connect', 'ConnectConfig'].flatMap(name => [`github.com/jackc/pgx/v5/pgxpool.${name}`, `github.com/jackc/pgx/v4/pgxpool.${name}`]),
    'go.etcd.io/bbolt.Open', 'github.com/boltdb/bolt.Open', 'github.com/dgraph-io/badger.Open', ...['v2', 'v3', 'v4'].map(v => `github.com/dgraph-io/badger/${v}.Open`),
    ...['Open', 'OpenFile', 'Recover', 'RecoverFile'].map(name => `github.com/syndtr/goleveldb/leveldb.${name}`), 'github.com/cockroachdb/pebble.Open', 'github.com/cockroachdb/pebble/v2.Open']),
};

/** Clients of other people's services that hold connections and goroutines until they are closed. */
const client: Resource = {
  rule: 'unclosed-connection', noun: 'connection', released: 'closed', deferrable: true, releases: ['Close'], words: /\b(?:Client|Conn|Connection)\b/,
  acquire: all([
    'golang.org/x/crypto/ssh.Dial', 'github.com/pkg/sftp.NewClient',
    ...['github.com/rabbitmq/amqp091-go', 'github.com/streadway/amqp'].flatMap(path => ['Dial', 'DialConfig', 'DialTLS'].map(name => `${path}.${name}`)),
    ...['New', 'NewFromURL', 'NewFromURLs'].flatMap(name => [`go.etcd.io/etcd/client/v3.${name}`, `go.etcd.io/etcd/clientv3.${name}`]),
    ...['Dial', 'DialURL', 'DialContext'].map(name => `github.com/gomodule/redigo/redis.${name}`), ...methods('*github.com/gomodule/redigo/redis.Pool', ['Get']),
    'cloud.google.com/go/storage.NewClient', 'cloud.google.com/go/pubsub.NewClient',
    ...['Reader', 'Writer'].map(what => `github.com/segmentio/kafka-go.New${what}`),
    'github.com/go-zookeeper/zk.Connect', 'github.com/samuel/go-zookeeper/zk.Connect',
  ]),
};

/** Of file systems: an open descriptor, and a goroutine that reads from it. */
const watcher: Resource = { ...client, noun: 'watcher', words: /Watcher\b|Closer\b/, acquire: all(['github.com/fsnotify/fsnotify.NewWatcher', 'github.com/fsnotify/fsnotify.NewBufferedWatcher']) };

/** `Drain` closes it when everything that is under way has been handled. */
const natsClient: Resource = { ...client, releases: ['Close', 'Drain'], words: /\bConn\b/, acquire: all(['github.com/nats-io/nats.go.Connect']) };

const netlinkSocket: Resource = {
  ...client, releases: ['Close', 'Delete'], words: /\b(?:NetlinkSocket|Handle)\b/,
  acquire: all([...['Subscribe', 'SubscribeAt', 'GetNetlinkSocketAt'].map(name => `github.com/vishvananda/netlink/nl.${name}`), 'github.com/vishvananda/netlink.NewHandle']),
};

const listener: Resource = {
  rule: 'unclosed-connection', noun: 'listener', released: 'closed', deferrable: true, releases: ['Close'], words: /Listener\b|Closer\b/,
  types: ['net.Listener'], typedOf: /^[Ll]isten(?![a-z])/,
  acquire: all([...['Listen', 'ListenTCP', 'ListenUnix'].map(name => `net.${name}`), '(*net.ListenConfig).Listen', 'crypto/tls.Listen']),
};

const cancel: Resource = {
  rule: 'lost-cancel', noun: 'cancel function', released: 'called', deferrable: true, releases: [], words: /\bCancel(?:Cause)?Func\b|\bfunc\(/,
  acquire: all([
    ...['WithCancel', 'WithCancelCause', 'WithTimeout', 'WithTimeoutCause', 'WithDeadline', 'WithDeadlineCause'].map(name => `context.${name}`), 'os/signal.NotifyContext',
    ...['WithCancel', 'WithTimeout', 'WithDeadline'].map(name => `golang.org/x/net/context.${name}`),
    // They start a goroutine that waits for the end of any of their contexts.
    'github.com/LK4D4/joincontext.Join', 'github.com/teivah/onecontext.Merge', 'k8s.io/apimachinery/pkg/util/wait.ContextForChannel',
  ], 1),
};

const iterator: Resource = {
  rule: 'unstopped-iterator', noun: 'stop function', released: 'called', deferrable: true, releases: [], words: /\bfunc\(/,
  acquire: all(['iter.Pull', 'iter.Pull2'], 1),
};

const span: Resource = {
  rule: 'unended-span', noun: 'span', released: 'ended', deferrable: true, releases: ['End'], retrieve: new Set(['go.opentelemetry.io/otel/trace.SpanFromContext']), words: /\bSpan\b/,
  acquire: all(['(go.opentelemetry.io/otel/trace.Tracer).Start'], 1),
};

/** Spans of the libraries before it, and of others: `End` or `Finish` sends them, and nothing else does. */
const otherSpans: readonly Resource[] = [
  { ...span, retrieve: new Set(['go.opencensus.io/trace.FromContext']), acquire: all(['StartSpan', 'StartSpanWithRemoteParent'].map(name => `go.opencensus.io/trace.${name}`), 1) },
  {
    ...span, releases: ['Finish', 'FinishWithOptions'], retrieve: new Set(['github.com/opentracing/opentracing-go.SpanFromContext']),
    acquire: all(['github.com/opentracing/opentracing-go.StartSpan', 'github.com/opentracing/opentracing-go.StartSpanFromContext', 'github.com/opentracing/opentracing-go.StartSpanFromContextWithTracer',
      '(github.com/opentracing/opentracing-go.Tracer).StartSpan']),
  },
];

const process: Resource = {
  rule: 'unwaited-process', noun: 'process', released: 'waited for', through: 'Process', releases: ['Wait', 'Release'], words: /\bCmd\b/,
  acquire: all(['(*os/exec.Cmd).Start'], 'receiver'),
};

const ticker: Resource = {
  rule: 'unstopped-timer', noun: 'ticker', released: 'stopped', releases: ['Stop'], channel: 'C', words: /\bTicker\b/, curedIn: 23, acquire: all(['time.NewTicker']),
};
const timer: Resource = {
  rule: 'unstopped-timer', noun: 'timer', released: 'stopped', releases: ['Stop'], channel: 'C', firesOnce: true, onlyInLoop: true, words: /\bTimer\b/, curedIn: 23, acquire: all(['time.NewTimer']),
};

/** What is written to these comes out only once they are closed. */
const compressor: Resource = {
  rule: 'unclosed-resource', noun: 'writer', released: 'closed', releases: ['Close'], words: /\bWriter\b|\bWriteCloser\b/, onlyWhenNever: true,
  acquire: all(['compress/gzip.NewWriter', 'compress/gzip.NewWriterLevel', 'compress/zlib.NewWriter', 'compress/zlib.NewWriterLevel', 'compress/zlib.NewWriterLevelDict',
    'compress/flate.NewWriter', 'compress/flate.NewWriterDict', 'compress/lzw.NewWriter', 'archive/zip.NewWriter', 'archive/tar.NewWriter', 'mime/multipart.NewWriter',
    'encoding/base64.NewEncoder', 'encoding/base32.NewEncoder', 'github.com/klauspost/pgzip.NewWriter', 'github.com/pierrec/lz4/v4.NewWriter', 'github.com/DataDog/zstd.NewWriter']),
};
/** Made for nothing but `EncodeAll` it has nothing to write. */
const encoder: Resource = { ...compressor, startsWithArgument: true, acquire: all(['github.com/klauspost/compress/zstd.NewWriter']) };
const buffer: Resource = {
  rule: 'unclosed-resource', noun: 'buffered writer', released: 'flushed', releases: ['Flush', 'WriteAll'], words: /\bWriter\b/, onlyWhenNever: true,
  acquire: all(['bufio.NewWriter', 'bufio.NewWriterSize', 'text/tabwriter.NewWriter', 'encoding/csv.NewWriter']),
};
/** It keeps goroutines of its own until it is closed. */
const codec: Resource = {
  rule: 'unclosed-resource', noun: 'decoder', released: 'closed', releases: ['Close', 'IOReadCloser'], startsWithArgument: true, words: /\bDecoder\b/,
  acquire: all(['github.com/klauspost/compress/zstd.NewReader', 'github.com/DataDog/zstd.NewReader']),
};
/** What gives its buffers back when it is closed. */
const entry: Resource = {
  rule: 'unclosed-resource', noun: 'reader', released: 'closed', deferrable: true, releases: ['Close'], words: /$^/, onlyWhenNever: true, acquire: all(['(*archive/zip.File).Open']),
};
/** Whoever is given one of these together with an error is the one who closes it. */
const reader: Resource = {
  rule: 'unclosed-resource', noun: 'reader', released: 'closed', releases: ['Close'], types: ['io.ReadCloser'], words: /\bReadCloser\b/, acquire: new Map(),
};

/** Its goroutines are waited for by nothing but `Wait`, which also cancels the context that came with it. */
const group: Resource = {
  rule: 'errgroup-without-wait', noun: 'group', released: 'waited for', releases: ['Wait'], words: /$^/,
  acquire: all(methods('*golang.org/x/sync/errgroup.Group', ['Go', 'TryGo']), 'receiver'),
};

/** The runtime goes on sending signals to it, and keeps it, until `Stop`. */
const signals: Resource = {
  rule: 'unstopped-signal', noun: 'signal channel', released: 'stopped', releases: [], releasedBy: new Set(['os/signal.Stop']), words: /$^/,
  acquire: all(['os/signal.Notify'], 'argument'),
};

const RESOURCES: readonly Resource[] = [
  RESPONSE, ANSWER, file, descriptor, ...pipes, ROWS, pgxRows, statement, transaction, connection, rpcConnection, pooled, database, client, watcher, natsClient, netlinkSocket, listener, cancel, iterator, span, ...otherSpans, process, ticker, timer,
  compressor, encoder, buffer, codec, entry, reader, group, signals, ...LIBRARY_RESOURCES,
];

/** Whatever has a method that releases it, for questions about a value whose acquisition is somebody else's business. */
export const ANY_RESOURCE: Resource = {
  rule: '', noun: 'resource', released: 'released', releases: ['Close', 'Stop', 'Shutdown', 'Release', 'Unlock', 'RUnlock', 'Rollback', 'End'], acquire: new Map(), words: /$^/,
};

/** What a call hands over. */
export interface Handed {
  readonly resource: Resource;
  readonly result: Giving;
}

/** A function of the table by import path and bare name: `os`, `Open`. */
export interface AcquiringCall {
  readonly path: string;
  readonly name: string;
  readonly isMethod: boolean;
  /** The rules about what it hands over. */
  readonly rules: readonly string[];
}

/** The resources of one run: the rows above and what the team declares, which wins. */
export class ResourceTable {
  readonly acquiringCalls: readonly AcquiringCall[];
  private readonly rows: readonly Resource[];
  private readonly releasers: ReadonlySet<string>;
  private readonly byName = new Map<string, Handed[]>();
  private readonly byType: ReadonlyMap<string, Resource>;
  private readonly words = new Map<ReadonlySet<string> | undefined, RegExp>();
  private calls: RegExp | undefined;
  private readonly ownPaths: ReadonlySet<string>;
  private readonly declaredCalls: RegExp | undefined;

  constructor(declared: readonly Resource[]) {
    this.rows = [...RESOURCES, ...declared];
    this.byType = new Map(this.rows.flatMap(resource => (resource.types ?? []).map(type => [type, resource] as const)));
    for (const resource of RESOURCES) for (const [name, result] of resource.acquire) this.byName.set(name, [...this.byName.get(name) ?? [], { resource, result }]);
    for (const resource of declared) for (const [name, result] of resource.acquire) this.byName.set(name, [{ resource, result }]);
    this.releasers = new Set(this.rows.flatMap(({ releasedBy }) => [...releasedBy ?? []]));
    this.acquiringCalls = [...this.byName].map(([name, handed]) => ({ ...partsOf(name), rules: handed.map(({ resource }) => resource.rule) }));
    const own = declared.flatMap(({ acquire }) => [...acquire.keys()].map(partsOf));
    this.ownPaths = new Set(own.map(({ path }) => path));
    this.declaredCalls = own.length ? new RegExp(`\\b(?:${[...new Set(own.map(({ name }) => name))].join('|')})\\s*\\(`, 'u') : undefined;
  }

  /** What a call of the function with this full name hands over: one thing, but for the two ends of a pipe. */
  acquiredBy(name: string): readonly Handed[] {
    return this.byName.get(name) ?? [];
  }

  /** Whether the function with this full name releases what it is given. */
  isReleaser(name: string): boolean {
    return this.releasers.has(name);
  }

  /** The resource that a value of this type is taken for when a function called `name` gives it. */
  ofType(type: Type, name = ''): Resource | undefined {
    const found = this.byType.get(typeName(type));
    return found && (found.typedOf?.test(name) ?? true) ? found : undefined;
  }

  /** Whether a text has a call with the name of one that acquires something. */
  mayAcquire(text: string): boolean {
    this.calls ??= new RegExp(`\\b(?:${[...new Set(this.acquiringCalls.map(({ name }) => name))].join('|')})\\(`, 'u');
    return this.calls.test(text);
  }

  /** What results may be called; a function among them may be what closes a resource. */
  private wordsOf(rules: ReadonlySet<string> | undefined): RegExp {
    const known = this.words.get(rules);
    if (known) return known;
    const rows = this.rows.filter(({ rule }) => !rules || rules.has(rule));
    const found = new RegExp([...new Set([...rows.map(({ words }) => words.source), '\\bfunc\\('])].join('|'));
    this.words.set(rules, found);
    return found;
  }

  /** Whether the results of a function are called like a resource, or it stands beside one that is declared. With `rules` only what they are about counts. */
  soundsGiving({ resultText }: FuncOutline, pkg: Package, rules?: ReadonlySet<string>): boolean {
    return resultText.length > 1 && (this.wordsOf(rules).test(resultText) || this.ownPaths.has(pkg.path));
  }

  /** Whether a function may hand on a declared resource: what that is called in a result list nobody knows. */
  mayGiveDeclared({ resultText }: FuncOutline): boolean {
    return resultText.length > 1 && this.declaredCalls !== undefined;
  }

  /** Whether the text of a function says that it may hand a resource on. */
  mayGive(func: FuncOutline, pkg: Package): boolean {
    return this.soundsGiving(func, pkg) || (this.mayGiveDeclared(func) && this.declaredCalls?.test(func.info()?.bodyText ?? '') === true);
  }
}

function partsOf(full: string): Omit<AcquiringCall, 'rules'> {
  const dot = full.lastIndexOf('.');
  const owner = full.slice(0, dot);
  const isMethod = owner.startsWith('(');
  return { path: isMethod ? owner.slice(owner.startsWith('(*') ? 2 : 1, owner.lastIndexOf('.')) : owner, name: full.slice(dot + 1), isMethod };
}
