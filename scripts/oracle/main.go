// Command oracle prints who is called by every call of some packages, as go/types sees it: one JSON object a line, in
// the form of `go-leak-lint --print=calls --format json`. It needs a Go toolchain and everything the packages import.
//
//	go run . -C MODULE ./...
//
// Where a call stands is the place of the called name, or of the opening bracket where there is no name.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

type listed struct {
	ImportPath string
	Dir        string
	Export     string
	ForTest    string
	GoFiles    []string
	ImportMap  map[string]string
	DepOnly    bool
	Module     *struct{ GoVersion string }
	Incomplete bool
}

type call struct {
	File   string  `json:"file"`
	Line   int     `json:"line"`
	Column int     `json:"column"`
	Callee *string `json:"callee"`
	Kind   string  `json:"kind"`
}

func main() {
	dir := flag.String("C", ".", "the folder to run in")
	flag.Parse()
	packages, err := list(*dir, flag.Args())
	if err != nil {
		fmt.Fprintln(os.Stderr, "oracle:", err)
		os.Exit(2)
	}
	exports := map[string]string{}
	for _, p := range packages {
		exports[p.ImportPath] = p.Export
	}
	seen := map[string]bool{}
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	for _, p := range packages {
		if p.DepOnly || strings.HasSuffix(p.ImportPath, ".test") {
			continue
		}
		for _, c := range callsOf(p, exports, *dir) {
			key := fmt.Sprint(c.File, c.Line, ":", c.Column)
			if !seen[key] {
				seen[key] = true
				if err := out.Encode(c); err != nil {
					os.Exit(1)
				}
			}
		}
	}
}

func list(dir string, patterns []string) ([]listed, error) {
	cmd := exec.Command("go", append([]string{"list", "-e", "-export", "-deps", "-test", "-json"}, patterns...)...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	cmd.Stderr = os.Stderr
	text, err := cmd.Output()
	if err != nil && len(text) == 0 {
		return nil, err
	}
	var packages []listed
	for in := json.NewDecoder(bytes.NewReader(text)); ; {
		var p listed
		if err := in.Decode(&p); errors.Is(err, io.EOF) {
			return packages, nil
		} else if err != nil {
			return nil, err
		}
		packages = append(packages, p)
	}
}

func callsOf(p listed, exports map[string]string, dir string) []call {
	fset := token.NewFileSet()
	var files []*ast.File
	for _, name := range p.GoFiles {
		if !filepath.IsAbs(name) {
			name = filepath.Join(p.Dir, name)
		}
		// The linter speaks of a file behind a link by the file's own path.
		if real, err := filepath.EvalSymlinks(name); err == nil {
			name = real
		}
		if file, err := parser.ParseFile(fset, name, nil, parser.SkipObjectResolution); err == nil {
			files = append(files, file)
		}
	}
	lookup := func(path string) (io.ReadCloser, error) {
		if mapped, ok := p.ImportMap[path]; ok {
			path = mapped
		}
		if exports[path] == "" {
			return nil, fmt.Errorf("no export data for %s", path)
		}
		return os.Open(exports[path])
	}
	info := &types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Uses: map[*ast.Ident]types.Object{}, Selections: map[*ast.SelectorExpr]*types.Selection{}}
	config := types.Config{Importer: importer.ForCompiler(fset, "gc", lookup), Error: func(error) {}, FakeImportC: true}
	if p.Module != nil && p.Module.GoVersion != "" {
		config.GoVersion = "go" + p.Module.GoVersion
	}
	path, _, _ := strings.Cut(p.ImportPath, " ")
	_, _ = config.Check(path, fset, files, info)
	var calls []call
	root, _ := filepath.Abs(dir)
	if real, err := filepath.EvalSymlinks(root); err == nil {
		root = real
	}
	for _, file := range files {
		ast.Inspect(file, func(n ast.Node) bool {
			if x, ok := n.(*ast.CallExpr); ok {
				at := fset.Position(nameOf(x))
				name, err := filepath.Rel(root, at.Filename)
				if err != nil {
					name = at.Filename
				}
				kind, callee := calleeOf(x, info)
				calls = append(calls, call{name, at.Line, at.Column, callee, kind})
			}
			return true
		})
	}
	return calls
}

func strip(fun ast.Expr) ast.Expr {
	for {
		switch x := fun.(type) {
		case *ast.ParenExpr:
			fun = x.X
		case *ast.IndexExpr:
			fun = x.X
		case *ast.IndexListExpr:
			fun = x.X
		default:
			return fun
		}
	}
}

func nameOf(x *ast.CallExpr) token.Pos {
	switch fun := strip(x.Fun).(type) {
	case *ast.Ident:
		return fun.Pos()
	case *ast.SelectorExpr:
		return fun.Sel.Pos()
	}
	return x.Lparen
}

var typeArgs = regexp.MustCompile(`\[[^()]*\]\)`)

func calleeOf(x *ast.CallExpr, info *types.Info) (string, *string) {
	tv, known := info.Types[x.Fun]
	if known && tv.IsType() {
		return "conversion", nil
	}
	var object types.Object
	fun := strip(x.Fun)
	switch f := fun.(type) {
	case *ast.FuncLit:
		return "literal", nil
	case *ast.Ident:
		object = info.Uses[f]
	case *ast.SelectorExpr:
		if s, ok := info.Selections[f]; ok {
			object = s.Obj()
		} else {
			object = info.Uses[f.Sel]
		}
	}
	switch o := object.(type) {
	case *types.Builtin:
		name := o.Name()
		if o.Pkg() != nil {
			name = o.Pkg().Name() + "." + name
		}
		return "builtin", &name
	case *types.Func:
		// A slice of functions indexed looks like a generic function with type arguments.
		if _, generic := x.Fun.(*ast.IndexExpr); generic && !tv.IsValue() {
			return "unknown", nil
		}
		o = o.Origin()
		name := strings.TrimPrefix(typeArgs.ReplaceAllString(o.FullName(), ")"), "vendor/")
		name = strings.NewReplacer("(vendor/", "(", "(*vendor/", "(*").Replace(name)
		kind := "func"
		if o.Type().(*types.Signature).Recv() != nil {
			kind = "method"
		}
		return kind, &name
	case *types.Var:
		return "variable", nil
	}
	if known && tv.IsValue() {
		return "variable", nil
	}
	return "unknown", nil
}
