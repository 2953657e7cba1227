package real

// scriptPackages are more of Debian's daemons with an init script, in a tree of their own.
func scriptPackages() []string {
	return []string{
		"at", "chrony", "cups-daemon", "dictd", "dropbear", "ngircd", "nscd", "openbsd-inetd", "opendkim", "openvpn", "privoxy", "tftpd-hpa", "vsftpd",
	}
}
