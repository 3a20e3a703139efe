/** What is known of functions by their full names. Data only; sources are the packages' own documentation. */

const testing = ['Fatal', 'Fatalf', 'FailNow', 'Skip', 'Skipf', 'SkipNow'];

/** Calls after which nothing of the calling goroutine runs but deferred functions. */
export const NEVER_RETURNS: ReadonlySet<string> = new Set([
  'os.Exit', 'runtime.Goexit', 'syscall.Exit',
  'log.Fatal', 'log.Fatalf', 'log.Fatalln', 'log.Panic', 'log.Panicf', 'log.Panicln',
  '(*log.Logger).Fatal', '(*log.Logger).Fatalf', '(*log.Logger).Fatalln', '(*log.Logger).Panic', '(*log.Logger).Panicf', '(*log.Logger).Panicln',
  ...['(*testing.common)', '(testing.TB)', '(*testing.T)', '(*testing.B)', '(*testing.F)'].flatMap(type => testing.map(name => `${type}.${name}`)),
  ...['Fatal', 'Fatalf', 'Fatalln', 'Panic', 'Panicf', 'Panicln', 'Exit'].flatMap(name => [`github.com/sirupsen/logrus.${name}`,
    `(*github.com/sirupsen/logrus.Logger).${name}`, `(*github.com/sirupsen/logrus.Entry).${name}`]),
  ...['Fail', 'Failf', 'FailNow', 'FailNowf'].flatMap(name => [`github.com/stretchr/testify/require.${name}`, `(*github.com/stretchr/testify/require.Assertions).${name}`]),
  ...['FailNow', 'FailNowf'].flatMap(name => [`(*github.com/stretchr/testify/suite.Suite).${name}`, `github.com/stretchr/testify/assert.${name}`, `(*github.com/stretchr/testify/assert.Assertions).${name}`]),
  ...['Fatal', 'Panic', 'Fatalf', 'Panicf', 'Fatalw', 'Panicw'].flatMap(name => [`(*go.uber.org/zap.Logger).${name}`, `(*go.uber.org/zap.SugaredLogger).${name}`]),
  ...['Fatal', 'Fatalf', 'Fatalln', 'Exit', 'Exitf'].flatMap(name => [`k8s.io/klog/v2.${name}`, `k8s.io/klog.${name}`, `github.com/golang/glog.${name}`]),
]);

/** Functions that give a response which holds no connection. */
export const GIVES_FREE_RESPONSE: ReadonlySet<string> = new Set([
  '(*net/http/httptest.ResponseRecorder).Result', 'net/http.ReadResponse', 'net/http.NewFileTransport',
]);

/** Library functions that close what they are given, some of them when they are done with it. */
export const CLOSES_ARGUMENT: ReadonlySet<string> = new Set([
  '(*net/http.Response).Write', 'net/http.Serve', 'net/http.ServeTLS', '(*net/http.Server).Serve', '(*net/http.Server).ServeTLS', 'net/http/fcgi.Serve',
  'net/rpc.ServeConn', '(*net/rpc.Server).ServeConn', 'net/rpc/jsonrpc.ServeConn',
]);
/** Library functions that hand a request's body to the transport, which closes it if it can be closed. */
export const SENDS_BODY: ReadonlySet<string> = new Set(['net/http.Post', '(*net/http.Client).Post', 'net/http.NewRequest', 'net/http.NewRequestWithContext']);
/** Library functions whose result's `Close` closes what they are given. */
export const CLOSES_THROUGH: ReadonlySet<string> = new Set([
  'os.NewFile', 'net/http.MaxBytesReader', 'crypto/tls.Client', 'crypto/tls.Server', 'crypto/tls.NewListener', 'net/textproto.NewConn', 'net/smtp.NewClient',
  'net/rpc.NewClient', 'net/rpc/jsonrpc.NewClient', 'net/rpc/jsonrpc.NewClientCodec', 'net/rpc/jsonrpc.NewServerCodec', 'net/http/httputil.NewClientConn', 'net/http/httputil.NewProxyClientConn', 'net/http/httputil.NewServerConn',
]);
/** Library functions whose result is given out in place of what they are given, as the output of a log is. */
export const CARRIES_ARGUMENT: ReadonlySet<string> = new Set(['io.MultiWriter']);
/** Library functions that keep what they are given: containers, loggers, finalizers. */
export const KEEPS_ARGUMENT = /^\(\*(?:sync\.(?:Map|Pool)|sync\/atomic\.(?:Value|Pointer)|container\/list\.List|log\.Logger)\)\.|^(?:sync\/atomic\.(?:Store|Swap|CompareAndSwap)Pointer|container\/heap\.Push|context\.WithValue|log\.(?:New|SetOutput)|log\/slog\.New\w+|runtime\.(?:SetFinalizer|AddCleanup|KeepAlive)|runtime\/pprof\.StartCPUProfile|runtime\/trace\.Start|reflect\.ValueOf|errors\.Join)$/;

/** Names of functions that read and do not keep, in packages that are not at hand. */
export const READS_BY_NAME = /\.(?:Load|Parse|Decode|Unmarshal|Deserialize|Scan|Import|Copy|StdCopy|Verify|Validate|Compare|Hash|Sum|Checksum|Digest|Detect|Untar|Print|Display|Dump)(?:[A-Z]\w*)?$|\.New(?:\w*Decoder|\w*Scanner)$|^[^(]*\.(?!New)\w*From(?:Reader|File)$/;
/** The same of those that write a file. */
export const WRITES_BY_NAME = /\.(?:Write|Encode|Marshal|Serialize|Render|Execute|Format|Fprint|Export|Package|Archive|Compress|Decompress|Extract|Unpack|Unzip|Unarchive|Tar|Zip|Convert)(?:[A-Z]\w*)?$|\.New\w*Encoder$/;
/** Names of functions that give something that reads or writes through what they are given. */
export const WRAPS_BY_NAME = /^[^(].*\.New\w*(?:Reader|Writer|Compressor|Decompressor)(?:Level|Size|Dict)?$/;
/** Names of functions that keep what they are given, or go on with it later. */
export const KEEPS_BY_NAME = /\.(?:[Nn]ew|[Mm]ake|[Ww]ith|[Oo]pen|[Ss]et|[Aa]dd|[Rr]egister|[Ww]rap|[Ss]tart|[Rr]un|[Ss]erve|[Gg]o|[Ll]isten|[Uu]se|[Ii]nit|[Bb]uild|[Cc]reate|[Aa]ttach|[Bb]ind|[Mm]ount|[Pp]ush|[Pp]ut|[Aa]ppend|[Ii]nsert|[Ee]nqueue|[Ss]ubmit|[Ss]chedule|[Ww]atch|[Ff]ollow|[Hh]andle|[Tt]rack|[Mm]anage|[Aa]dopt|[Kk]eep|[Ss]tore|[Oo]n|[Rr]edirect|[Rr]eplace|[Cc]lose|[Rr]elease|[Dd]rain|[Cc]onsume|[Tt]ee|[Jj]oin|[Cc]onnect|[Ff]orward|[Pp]roxy|[Hh]ijack|[Uu]pgrade|[Ss]tream\w*|Do|[Ss]end|[Pp]ost|[Rr]equest)(?:[^a-z]\w*)?$/;
/** The same of functions that are given a whole response: they ask what it says, or make an error of it. */
export const ASKS_BY_NAME = /\.(?:Check|Should|Is|Log|Trace)[A-Z]\w*$|\.(?:New)?\w*(?:Err|Error|Challenges|Status|StatusCode)(?:(?:From|Of)\w*)?$/;

/** Assertions: `true` when the error they are given is nil; with `require` the test ends otherwise. */
export const ASSERTS_NO_ERROR = /^(?:\(\*?)?github\.com\/stretchr\/testify\/(assert|require|suite)\.(?:(?:Assertions|Suite)\)\.)?(NoErrorf?|Nilf?)$/;
/** Assertions of test libraries that end the goroutine when they fail. */
export const ENDS_IF_FAILED = /^(?:\(\*?)?github\.com\/stretchr\/testify\/require\.|^gotest\.tools\/(?:v3\/)?assert\.(?!Check$)|^(?:\(\*)?github\.com\/frankban\/quicktest\.(?:C\)\.)?Assert$|^\(\*github\.com\/matryer\/is\.I\)\.|^\(\*gopkg\.in\/check\.v1\.C\)\.Assert$|^github\.com\/efficientgo\/(?:core|tools\/core\/pkg)\/testutil\.(?:Ok|NotOk|Equals|Assert)$|^github\.com\/shoenig\/test\/must\./;
/** Assertions that there is an error. */
export const ASSERTS_ERROR = /^(?:\(\*?)?github\.com\/stretchr\/testify\/(?:assert|require|suite)\.(?:(?:Assertions|Suite)\)\.)?(?:Errorf?|NotNilf?|ErrorIsf?|ErrorContainsf?|ErrorAsf?|EqualErrorf?|Regexpf?)$|^github\.com\/efficientgo\/(?:core|tools\/core\/pkg)\/testutil\.NotOk$|^gotest\.tools\/(?:v3\/)?assert\.(?:Error|ErrorContains|ErrorIs|ErrorType)$|^gotest\.tools\/(?:v3\/)?assert\/cmp\.(?:Error|ErrorContains|ErrorIs|ErrorType)$|^github\.com\/shoenig\/test(?:\/must)?\.(?:Error|EqError|ErrorIs|ErrorAs|ErrorContains|NotNil)$/;
/** Assertions that are given a value and what it has to be like. */
export const CHECKS_VALUE = /^\(\*(?:gopkg\.in\/check\.v1|github\.com\/frankban\/quicktest)\.C\)\.(?:Assert|Check)$|^github\.com\/frankban\/quicktest\.(?:Assert|Check)$/;
/** Assertions that two of their arguments are equal. */
export const ASSERTS_EQUAL = /^(?:\(\*?)?github\.com\/stretchr\/testify\/(?:assert|require|suite)\.(?:(?:Assertions|Suite)\)\.)?Equal(?:Values)?f?$|^gotest\.tools\/(?:v3\/)?assert\.(?:Equal|DeepEqual)$|^\(\*github\.com\/frankban\/quicktest\.C\)\.Assert$|^github\.com\/shoenig\/test(?:\/must)?\.Eq$/;
/** Assertions that their first argument is true, or is false. */
export const ASSERTS_TRUE = /^(?:\(\*?)?github\.com\/stretchr\/testify\/(?:assert|require|suite)\.(?:(?:Assertions|Suite)\)\.)?Truef?$|^gotest\.tools\/(?:v3\/)?assert\.(?:Assert|Check)$|^\(\*github\.com\/matryer\/is\.I\)\.True$|^github\.com\/shoenig\/test(?:\/must)?\.True$/;
export const ASSERTS_FALSE = /^(?:\(\*?)?github\.com\/stretchr\/testify\/(?:assert|require|suite)\.(?:(?:Assertions|Suite)\)\.)?Falsef?$|^github\.com\/shoenig\/test(?:\/must)?\.False$/;
/** Functions that say whether two values are equal. */
export const COMPARES = /^(?:reflect\.DeepEqual|bytes\.Equal|slices\.Equal|maps\.Equal|github\.com\/google\/go-cmp\/cmp\.Equal|github\.com\/stretchr\/testify\/assert\.ObjectsAreEqual(?:Values)?)$/;
/** Functions that make an error of a text. */
export const MAKES_ERROR = /^(?:errors\.New|fmt\.Errorf|github\.com\/pkg\/errors\.(?:New|Errorf))$/;
/** Calls by which a test says that it has failed. */
export const FAILS_TEST = /^\((?:\*testing\.(?:common|T|B|F)|testing\.TB)\)\.(?:Errorf?|Fail)$/;

/** The same, also by assertion libraries, which have nothing to compare there. */
export const FAILS_ALWAYS = /^\(\*?testing\.\w+\)\.(?:Error|Errorf|Fail)$|^(?:\(\*?)?github\.com\/stretchr\/testify\/assert\.(?:Assertions\)\.)?Failf?$/;

/** Library methods after which the receiver goes on by itself when the caller has returned. */
export const CONTINUES_WITH_RECEIVER: ReadonlySet<string> = new Set(['(*os/exec.Cmd).Start']);
/** Library functions that call the function they are given before they return, and not later: once at most. */
export const RUNS_ARGUMENT_ONCE = /^(?:\(\*sync\.Once\)\.Do|runtime\/pprof\.Do|runtime\/trace\.WithRegion|crypto\/fips140\.WithoutEnforcement|\(syscall\.RawConn\)\.\w+|testing\/synctest\.(?:Run|Test)|\(\*?golang\.org\/x\/sync\/singleflight\.Group\)\.Do|\(\*?go\.etcd\.io\/bbolt\.DB\)\.(?:Update|View))$/;
/** The same, any number of times, and for no longer than the call's own arguments say. */
export const RUNS_ARGUMENT_OFTEN = /^(?:(?:sort|slices|strings|bytes|maps)\.\w+|path\/filepath\.Walk(?:Dir)?|io\/fs\.WalkDir|\(\*sync\.Map\)\.Range|\(\*container\/ring\.Ring\)\.Do|expvar\.Do|flag\.Visit(?:All)?|\(\*flag\.FlagSet\)\.Visit(?:All)?|go\/ast\.Inspect|\(log\/slog\.Record\)\.Attrs|\(\*regexp\.Regexp\)\.ReplaceAll\w*Func|testing\.(?:AllocsPerRun|Benchmark))$/;
/** Subtests: they run once, those that call `Parallel` only when the function around them has returned. */
export const RUNS_TEST = /^\((?:\*testing\.(?:[TBF]|common)|testing\.TB)\)\.Run$/;
/** Calls that have a function run when the test is over. */
export const RUNS_AT_END_OF_TEST = /^\(\*?testing\.\w+\)\.Cleanup$/;
/** Library functions that run the function they are given once, in a goroutine. */
export const RUNS_ARGUMENT_IN_GOROUTINE = /^(?:\(\*sync\.WaitGroup\)\.Go|\(\*?golang\.org\/x\/sync\/errgroup\.Group\)\.(?:Try)?Go|\(\*?golang\.org\/x\/sync\/singleflight\.Group\)\.DoChan|\(\*?github\.com\/sourcegraph\/conc(?:\/pool)?\.\w+\)\.Go)$/;
/** The same, when a time is up or a context ends. */
export const RUNS_ARGUMENT_LATER = /^(?:time|context)\.AfterFunc$/;
