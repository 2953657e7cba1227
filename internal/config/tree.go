package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"

	"go.yaml.in/yaml/v3"
)

// Limits of a tree. A configuration has 6 levels. An alias counts each time that it is
// followed: ten lines of aliases can stand for billions of values.
const (
	maxDepth = 16
	maxNodes = 200_000
)

// node is a value in a file, with its place. After parse there are no aliases, merge keys and
// tags left.
type node = yaml.Node

// shape is what a node is.
type shape int

// The shapes. A scalar is a single value, whatever type YAML gives it.
const (
	empty shape = iota // nothing, ~ or null
	scalar
	list
	mapping
	broken // there was a mistake, which has been reported
)

func (s shape) String() string {
	return [...]string{"nothing", "one value", "a list", "a mapping", "a mistake"}[s]
}

func shapeOf(n *node) shape {
	switch {
	case n.Kind == yaml.SequenceNode:
		return list
	case n.Kind == yaml.MappingNode:
		return mapping
	case n.Kind != yaml.ScalarNode:
		return broken
	case n.ShortTag() == "!!null":
		return empty
	}
	return scalar
}

// brokenAt is a node whose mistake has been reported, and which is not looked at any more.
func brokenAt(n *node) *node { return &node{Line: n.Line, Column: n.Column} }

// parse reads a file into a tree; nil stands for a file without any value. A mistake that stops
// the reading is returned alone. A tag of an application, which is valid YAML and has no
// meaning here, is reported in told, and the rest is read.
func parse(data []byte) (root *node, told []Mistake, stop *Mistake) {
	defer func() { // a file must not end the run, whatever it does to the library
		switch r := recover().(type) {
		case nil:
		case *Mistake:
			root, told, stop = nil, nil, r
		default:
			root, told, stop = nil, nil, wrong("look for unusual characters", "cannot read the file: %s", short(fmt.Sprint(r))).at(&node{})
		}
	}()
	if m := checkText(data); m != nil {
		return nil, nil, m
	}
	file, second, err := decode(data)
	switch {
	case err != nil:
		return nil, nil, syntaxMistake(data, err)
	case second != nil:
		return nil, nil, wrong("put it into a drop-in of its own", "cannot read a second document in the same file").at(second)
	case file == nil:
		return nil, nil, nil
	}
	var r resolver
	if root = r.resolve(file.Content[0], 1); shapeOf(root) == empty && root.Value == "" {
		root = nil
	}
	return root, r.told, nil
}

// decode returns the first document of a file, nil if there is none, and the root of a second
// one if there is one.
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

// resolver replaces aliases by what they stand for, and merge keys by the pairs that they
// bring. It stops by panicking with a mistake, which parse recovers from: else every level of
// the recursion would have to pass an error on.
type resolver struct {
	told  []Mistake
	nodes int
}

func (r *resolver) resolve(n *node, depth int) *node {
	switch r.nodes++; {
	case depth > maxDepth:
		panic(wrong("look for too many brackets or dashes, or an alias within its own anchor", "cannot read more than %d levels", maxDepth).at(n))
	case r.nodes > maxNodes:
		panic(wrong("divide it into drop-ins, or write fewer aliases", "cannot read more than %d values", maxNodes).at(n))
	case n.Kind == yaml.AliasNode:
		return r.resolve(n.Alias, depth+1)
	case !hasMeaning(n):
		if len(r.told) <= maxMistakes {
			r.told = append(r.told, *wrong("leave it out: what a value means is known from its key; text that begins with ! must stand in quotes", "cannot read the tag %s", quote(n.Tag)).at(n))
		}
		return brokenAt(n)
	case n.Kind == yaml.MappingNode:
		n.Content = r.pairs(n, depth)
		return n
	}
	for i, item := range n.Content {
		n.Content[i] = r.resolve(item, depth+1)
	}
	return n
}

// hasMeaning reports whether a value has no tag, or one of YAML's own tags for what a
// configuration contains.
func hasMeaning(y *yaml.Node) bool {
	return y.Style&yaml.TaggedStyle == 0 ||
		slices.Contains([]string{"!!str", "!!int", "!!float", "!!bool", "!!null", "!!map", "!!seq"}, y.ShortTag())
}

// pairs returns the keys and values of a mapping. Merge keys add the pairs of other mappings
// behind its own, which have priority: https://yaml.org/type/merge.html.
func (r *resolver) pairs(n *node, depth int) []*node {
	var own, merged []*node
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if key.Kind == yaml.ScalarNode && key.ShortTag() == "!!merge" {
			merged = append(merged, merge(key, r.resolve(value, depth+1))...)
			continue
		}
		k := r.resolve(key, depth+1)
		if s := shapeOf(k); s == list || s == mapping {
			panic(wrong("a key is a single word", "cannot read a key that is not text").at(key))
		}
		own = append(own, k, r.resolve(value, depth+1))
	}
	if len(merged) == 0 {
		return own
	}
	known := make(map[string]bool)
	for i := 0; i < len(own); i += 2 {
		known[own[i].Value] = true
	}
	for i := 0; i < len(merged); i += 2 {
		if key := merged[i]; !known[key.Value] {
			known[key.Value] = true
			own = append(own, key, merged[i+1])
		}
	}
	return own
}

// merge returns the pairs of a merge key: those of one mapping, or of a list of mappings, of
// which the first has priority.
func merge(key, value *node) (pairs []*node) {
	from := []*node{value}
	if shapeOf(value) == list {
		from = value.Content
	}
	for _, n := range from {
		if shapeOf(n) != mapping {
			panic(wrong("write <<: *NAME, where &NAME stands before a mapping", "cannot merge %s: only a mapping can be merged", shapeOf(n)).at(key))
		}
		pairs = append(pairs, n.Content...)
	}
	return pairs
}
