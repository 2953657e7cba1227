package scarce

import "testing"

// What is too little is said, and what is enough is not.
func TestTooLittle(t *testing.T) {
	for _, tc := range []struct {
		descriptors, left uint64
		want              string
	}{
		{unlimited, unlimited, ""},
		{16, 96 << 20, ""},
		{15, unlimited, "it may open 15 files at once, and needs 16"},
		{1024, 95 << 20, "its address space may grow by 95 MiB, and it needs 96"},
	} {
		if got, hint := tooLittle(tc.descriptors, tc.left); got != tc.want || (got == "") != (hint == "") {
			t.Errorf("%d, %d: %q, %q, want %q", tc.descriptors, tc.left, got, hint, tc.want)
		}
	}
}
