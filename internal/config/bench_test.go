package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func manyDaemons(n int) string {
	var b strings.Builder
	b.WriteString("daemons:\n")
	for i := range n {
		fmt.Fprintf(&b, "  daemon-%d:\n    executable: /usr/local/sbin/daemon-%d\n    user: root\n    count: 1-2\n    services: [one-%d, two]\n", i, i, i)
	}
	return b.String()
}

func BenchmarkLoad(b *testing.B) {
	for _, n := range []int{1, 100, 7000} {
		b.Run(fmt.Sprintf("%d daemons", n), func(b *testing.B) {
			path := filepath.Join(b.TempDir(), "x.yaml")
			if err := os.WriteFile(path, []byte(manyDaemons(n)), 0o600); err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				c, mistakes, err := Load(path, Options{CheckOwner: true})
				if err != nil || len(mistakes) > 0 || len(c.Daemons) != n {
					b.Fatal(len(c.Daemons), mistakes, err)
				}
			}
		})
	}
}
