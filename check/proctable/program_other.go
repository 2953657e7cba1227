//go:build !linux && !freebsd

package proctable

func SeenBy(int, string) string { return "" }
