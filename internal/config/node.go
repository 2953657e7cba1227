package config

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
