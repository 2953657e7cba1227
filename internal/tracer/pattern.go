package tracer

import "encoding/binary"

// A program must inherit the same ignored and blocked signals as without the wrapper. Go's runtime
// records them when it starts, then changes them, and has no function that returns them. But the
// runtime's variables have the same addresses in each process of one program. So the first step
// keeps a copy of its memory, blocks all signals, ignores real-time signals in a pattern, and
// executes itself. The second step finds the pattern and the blocked signals in its own memory; at
// the same places of the copy are the signals that were inherited.

// Real-time signals have no other meaning to a program that has just been started. The kernel
// never blocks KILL and STOP, so hardly any other value in the memory is equal to blockPattern.
const (
	firstOfPattern = 35
	ignorePattern  = uint64(0x2b5d3a97) << (firstOfPattern - 1)
	blockPattern   = everySignal &^ (1<<(sigKill-1) | 1<<(sigStop-1))
)

// findInherited looks for the patterns in the memory, and reads the same places of the copy. Both
// results are masks of signals.
func findInherited(memory, before []byte) (ignored, blocked uint64, ok bool) {
	if len(memory) != len(before) {
		return 0, 0, false
	}
	ignored, ok = findIgnored(memory, before)
	if !ok {
		return 0, 0, false
	}
	blocked, ok = findBlocked(memory, before)
	return ignored, blocked, ok
}

// word is the size of a uintptr in bytes, where this runs.
const word = 8

// findIgnored looks for runtime.fwdSig, a word for each signal that is SIG_DFL, 0, or
// SIG_IGN, 1.
func findIgnored(memory, before []byte) (ignored uint64, ok bool) {
	const count = mostSignal + 1
	found := 0
	for at := 0; at+count*word <= len(memory); at += word {
		if binary.NativeEndian.Uint64(memory[at+firstOfPattern*word:]) != 1 { // the pattern's first, and hardly anything else
			continue
		}
		here, valid := handlers(memory[at:])
		if !valid || here>>(firstOfPattern-1) != ignorePattern>>(firstOfPattern-1) {
			continue
		}
		found++
		if ignored, valid = handlers(before[at:]); !valid {
			return 0, false
		}
	}
	return ignored, found == 1
}

// handlers reads a word for each signal, and one for 0.
func handlers(text []byte) (ignored uint64, ok bool) {
	for number := 0; number <= mostSignal; number++ {
		switch value := binary.NativeEndian.Uint64(text[number*word:]); {
		case value == 1 && number > 0:
			ignored |= bit(number)
		case value != 0:
			return 0, false
		}
	}
	return ignored, true
}

// findBlocked looks for runtime.initSigmask and its copies, which are all the same.
func findBlocked(memory, before []byte) (blocked uint64, ok bool) {
	for at := 0; at+8 <= len(memory); at += 4 {
		if binary.NativeEndian.Uint64(memory[at:]) != blockPattern {
			continue
		}
		value := binary.NativeEndian.Uint64(before[at:])
		if ok && value != blocked {
			return 0, false
		}
		blocked, ok = value, true
	}
	return blocked, ok
}
