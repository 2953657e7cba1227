package pidfiles

import (
	"syscall"

	"daemon-keeper/internal/trust"
)

// WhoCanChange are the users and groups, other than root, that can change what a path leads to. It
// need not be a pidfile.
func WhoCanChange(name string, user, group func(uint32) string) ([]Writer, error) {
	way, _, err := trust.Steps(name)
	if err != nil {
		return nil, err
	}
	list := steps(way)
	if n := len(way); n > 0 && len(list) > 0 {
		if _, ok := way[n-1].Info.Sys().(*syscall.Stat_t); ok {
			list[len(list)-1].Last = true
		}
	}
	return Writers(list, user, group), nil
}
