package tracer

import (
	"reflect"
	"testing"
)

// Memory that the dynamic loader has relocated is not the file's any more: to give it back
// has crashed the wrapper.
func TestUnchanged(t *testing.T) {
	const smaps = `00400000-0054d000 r-xp 00000000 fe:00 11431853                           /usr/sbin/x
Size:               1332 kB
Anonymous:             0 kB
0054d000-006cf000 r--p 0014d000 fe:00 11431853                           /usr/sbin/x
Anonymous:             4 kB
006cf000-006f2000 rw-p 002cf000 fe:00 11431853                           /usr/sbin/x
Anonymous:             0 kB
006f2000-0272b000 r--p 00000000 00:00 0 
Anonymous:             0 kB
7f00-8000 r--p 00000000 fe:00 11431853                           /usr/lib/with a blank
Anonymous:             0 kB
8000-9000 r--p 00000000 fe:00 11431853                           /usr/lib/y
Anonymous:             0 kB
VmFlags: rd mr mw me
`
	if got, want := unchanged(smaps), []mapping{{0x400000, 0x54d000}, {0x8000, 0x9000}}; !reflect.DeepEqual(got, want) {
		t.Errorf("%x, want %x", got, want)
	}
}
