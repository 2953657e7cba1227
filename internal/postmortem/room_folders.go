//go:build linux || freebsd

package postmortem

// roomFolders are where daemons mostly write.
var roomFolders = [...]string{"/", "/var", "/var/log", "/var/lib", "/var/db", "/var/tmp", "/tmp", "/run", "/var/run"}
