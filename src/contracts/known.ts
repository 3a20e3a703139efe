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
  ...['Fatal', 'Panic', 'Fatalf', 'Panicf', 'Fatalw', 'Panicw'].flatMap(name => [`(*go.uber.org/zap.Logger).${name}`, `(*go.uber.org/zap.SugaredLogger).${name}`]),
  ...['Fatal', 'Fatalf', 'Fatalln', 'Exit', 'Exitf'].flatMap(name => [`k8s.io/klog/v2.${name}`, `k8s.io/klog.${name}`, `github.com/golang/glog.${name}`]),
]);

const clientCalls = ['Get', 'Post', 'PostForm', 'Head'];

/** Calls whose first result is a response with a body that the caller must close, unless the error is not nil. */
export const GIVES_RESPONSE: ReadonlySet<string> = new Set([
  ...clientCalls.flatMap(name => [`net/http.${name}`, `(*net/http.Client).${name}`, `golang.org/x/net/context/ctxhttp.${name}`]),
  '(*net/http.Client).Do', 'golang.org/x/net/context/ctxhttp.Do', '(*net/http.Transport).RoundTrip', '(net/http.RoundTripper).RoundTrip',
  '(*net/http/httputil.ClientConn).Do',
]);

/** Functions that give a response which holds no connection. */
export const GIVES_FREE_RESPONSE: ReadonlySet<string> = new Set([
  '(*net/http/httptest.ResponseRecorder).Result', 'net/http.ReadResponse', 'net/http.NewFileTransport',
]);

/** Library functions that close the response or body they are given. */
export const CLOSES_ARGUMENT: ReadonlySet<string> = new Set(['(*net/http.Response).Write']);
/** Readers whose `Close` closes what they read from. */
export const CLOSES_THROUGH: ReadonlySet<string> = new Set(['net/http.MaxBytesReader']);

/** Assertions: `true` when the error they are given is nil; with `require` the test ends otherwise. */
export const ASSERTS_NO_ERROR = /^(?:\(\*?)?github\.com\/stretchr\/testify\/(assert|require)\.(?:Assertions\)\.)?(NoErrorf?|Nilf?)$/;
export const ASSERTS_ERROR = /^(?:\(\*?)?github\.com\/stretchr\/testify\/require\.(?:Assertions\)\.)?(Errorf?|NotNilf?|ErrorIsf?|ErrorContainsf?|ErrorAsf?|EqualErrorf?)$/;
