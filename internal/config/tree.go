package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"

	"go.yaml.in/yaml/v3"
)

// Limits of a tree. A configuration's own depth is 6. Aliases count each time that
// they are followed: ten lines of them can stand for billions of values.
const (
	maxDepth = 16
	maxNodes = 200_000
)

// parse reads a file into a tree; nil stands for a file without any value. A fault
// that stops the reading is returned alone; what is YAML and has no meaning here (a
// tag of an application) is told, and the rest is read.
func parse(data []byte) (root *node, told []fault, stop *fault) {
	defer func() { // a file must not end the run, whatever it does to the library
		switch r := recover().(type) {
		case nil:
		case *fault:
			root, told, stop = nil, nil, r
		default:
			root, told, stop = nil, nil, &fault{problem: wrong("look for unusual characters", "cannot read the file: %s", short(fmt.Sprint(r)))}
		}
	}()
	if f := checkText(data); f != nil {
		return nil, nil, f
	}
	file, second, err := decode(data)
	switch {
	case err != nil:
		return nil, nil, syntaxFault(data, err)
	case second != nil:
		return nil, nil, faultAt(second, "put it into a drop-in of its own", "cannot read a second document in the same file")
	case file == nil:
		return nil, nil, nil
	}
	var r reader
	if root = r.node(file.Content[0], 1); root.shape == empty && root.text == "" {
		root = nil
	}
	return root, r.told, nil
}

// decode returns the document of a file, nil if there is none, and a second one if
// there is one.
func decode(data []byte) (first, second *yaml.Node, err error) {
	d := yaml.NewDecoder(bytes.NewReader(data))
	var documents [2]yaml.Node
	for i := range documents {
		switch err := d.Decode(&documents[i]); {
		case errors.Is(err, io.EOF) && i == 0:
			return nil, nil, nil
		case errors.Is(err, io.EOF):
			return &documents[0], nil, nil
		case err != nil:
			return nil, nil, err
		}
	}
	return &documents[0], documents[1].Content[0], nil
}

func place(y *yaml.Node) position { return position{y.Line, y.Column} }

func faultAt(y *yaml.Node, hint, format string, args ...any) *fault {
	return &fault{place(y), short(y.Value), wrong(hint, format, args...)}
}

// reader makes our nodes of the library's. It stops by panicking with a fault, which
// parse catches: functions that call each other for each level would otherwise do
// nothing but pass it on.
type reader struct {
	told  []fault
	nodes int
}

// node reads one value.
func (r *reader) node(y *yaml.Node, depth int) *node {
	switch r.nodes++; {
	case depth > maxDepth:
		panic(faultAt(y, "look for too many brackets or dashes, or an alias within its own anchor", "cannot read more than %d levels", maxDepth))
	case r.nodes > maxNodes:
		panic(faultAt(y, "divide it into drop-ins, or write fewer aliases", "cannot read more than %d values", maxNodes))
	case y.Kind == yaml.AliasNode:
		return r.node(y.Alias, depth+1)
	case !hasMeaning(y):
		if len(r.told) <= maxMistakes {
			r.told = append(r.told, *faultAt(y, "leave it out: what a value means is known from its key; text that begins with ! must stand in quotes", "cannot read the tag %s", quote(y.Tag)))
		}
		return &node{position: place(y), shape: broken}
	}
	n := &node{position: place(y)}
	switch y.Kind {
	case yaml.SequenceNode:
		n.shape = list
		for _, item := range y.Content {
			n.items = append(n.items, r.node(item, depth+1))
		}
	case yaml.MappingNode:
		n.shape = mapping
		n.pairs = r.pairs(y, depth)
	default:
		n.shape, n.text = scalar, y.Value
		if y.ShortTag() == "!!null" {
			n.shape = empty
		}
	}
	return n
}

// hasMeaning reports whether a value has no tag, or one of those that YAML itself
// gives to what a configuration has.
func hasMeaning(y *yaml.Node) bool {
	return y.Style&yaml.TaggedStyle == 0 ||
		slices.Contains([]string{"!!str", "!!int", "!!float", "!!bool", "!!null", "!!map", "!!seq"}, y.ShortTag())
}

// pairs reads a mapping. Merge keys bring the pairs of others with them, after its own,
// which have priority: https://yaml.org/type/merge.html.
func (r *reader) pairs(y *yaml.Node, depth int) []pair {
	var own, merged []pair
	for i := 0; i+1 < len(y.Content); i += 2 {
		key, value := y.Content[i], y.Content[i+1]
		if key.Kind == yaml.ScalarNode && key.ShortTag() == "!!merge" {
			merged = append(merged, r.merged(key, r.node(value, depth+1))...)
			continue
		}
		k := r.node(key, depth+1)
		if k.shape == list || k.shape == mapping {
			panic(faultAt(key, "a key is a single word", "cannot read a key that is no text"))
		}
		own = append(own, pair{k, r.node(value, depth+1)})
	}
	if len(merged) == 0 {
		return own
	}
	known := make(map[string]bool, len(own)+len(merged))
	for _, p := range own {
		known[p.key.text] = true
	}
	for _, p := range merged {
		if !known[p.key.text] {
			known[p.key.text] = true
			own = append(own, p)
		}
	}
	return own
}

// merged are the pairs behind a merge key: of one mapping, or of a list of them, of
// which the first has priority.
func (r *reader) merged(key *yaml.Node, value *node) (pairs []pair) {
	from := []*node{value}
	if value.shape == list {
		from = value.items
	}
	for _, n := range from {
		if n.shape != mapping {
			panic(faultAt(key, "write <<: *NAME, where &NAME stands before a mapping", "cannot merge %s: only a mapping can be merged", n.shape))
		}
		pairs = append(pairs, n.pairs...)
	}
	return pairs
}

// shape is what a node is.
type shape int

// The shapes. A scalar is a single value, whatever YAML thinks its type is.
const (
	empty shape = iota // nothing, ~ or null
	scalar
	list
	mapping
	broken // there was a mistake, which has been told
)

// node is a value in a file, at its place.
type node struct {
	position
	shape
	text  string // a scalar's, as it was written; of a quoted one, what it stands for
	items []*node
	pairs []pair
}

type pair struct {
	key, value *node
}

func (s shape) String() string {
	return [...]string{"nothing", "one value", "a list", "a mapping", "a mistake"}[s]
}
