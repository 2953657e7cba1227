// Bench measures what a healthy run of daemon-keeper costs, beside the shell
// script that it replaces, pgrep, pidof, and a bare readlink loop as the floor,
// what a run over many daemons costs beside one over a single one, and what a
// memory costs beside none: all in one run, at several sizes of the process table.
//
// It starts idle processes until the table is full enough, and ends them all.
// It exits 0, or 1 if -check was given and a goal is unmet, or 3 if it could
// not measure. Timing never belongs in a test: this is a program for people.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// maxPad keeps one argument well below the kernel's MAX_ARG_STRLEN, 128 KiB.
const maxPad = 4096

// options is the command line.
type options struct {
	keeper   string
	sizes    []int // processes in the table, ascending
	rounds   int   // 0: the default for the size
	pad      int   // bytes that lengthen each command line of the load
	locale   string
	check    bool
	markdown bool
}

// roundsAt is how often each contender runs in a table of that size.
func (o options) roundsAt(size int) int {
	switch {
	case o.rounds > 0:
		return o.rounds
	case size >= goalSize:
		return 9
	default:
		return 15
	}
}

func main() {
	opts, err := parse(os.Args[1:])
	if errors.Is(err, flag.ErrHelp) {
		os.Exit(0)
	}
	if err != nil {
		os.Exit(fail(err))
	}
	os.Exit(run(opts))
}

func parse(args []string) (options, error) {
	var opts options
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.StringVar(&opts.keeper, "keeper", "build/daemon-keeper", "the daemon-keeper to measure")
	sizes := flags.String("sizes", "100,1000,10000", "sizes of the process table, ascending")
	flags.IntVar(&opts.rounds, "rounds", 0, "rounds at each size (0: 15, and 9 from 10,000 on)")
	flags.IntVar(&opts.pad, "pad", 0, "bytes to lengthen the command line of each idle process by")
	flags.StringVar(&opts.locale, "locale", "C", "LC_ALL for all contenders")
	flags.BoolVar(&opts.check, "check", false, "exit 1 if a goal is unmet")
	flags.BoolVar(&opts.markdown, "markdown", false, "print the tables as Markdown")
	if err := flags.Parse(args); err != nil {
		return opts, err
	}
	if flags.NArg() > 0 {
		return opts, fmt.Errorf("cannot use argument %q", flags.Arg(0))
	}
	if opts.pad < 0 || opts.pad > maxPad {
		return opts, fmt.Errorf("cannot use -pad %d: want 0 to %d", opts.pad, maxPad)
	}
	for word := range strings.SplitSeq(*sizes, ",") {
		n, err := strconv.Atoi(word)
		if err != nil || n < 1 || len(opts.sizes) > 0 && n <= opts.sizes[len(opts.sizes)-1] {
			return opts, fmt.Errorf("cannot use -sizes %s: want ascending numbers", *sizes)
		}
		opts.sizes = append(opts.sizes, n)
	}
	return opts, nil
}

// hinted is an error that knows what the user can do about it.
type hinted struct {
	error
	hint string
}

func (h hinted) Unwrap() error { return h.error }

// fail tells the user and returns the exit status for "cannot tell".
func fail(err error) int {
	fmt.Fprintf(os.Stderr, "bench: error: %v\n", err)
	var h hinted
	if errors.As(err, &h) {
		fmt.Fprintf(os.Stderr, "bench: hint: %s\n", h.hint)
	}
	return 3
}
