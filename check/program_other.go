//go:build !linux && !freebsd

package check

func seenBy(int, string) string { return "" }
