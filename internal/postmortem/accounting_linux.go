package postmortem

import (
	"context"
	"os"
)

// ReadAccounts reads the ends of the files where distributions have them: Debian and SUSE,
// Red Hat.
func ReadAccounts(ctx context.Context, d Dead) (AccountRecords, error) {
	return readAccounts(ctx, d, []accountFolder{{"/var/log/account", "pacct"}, {"/var/account", "pacct"}}, howToAccount())
}

// howToAccount is the command for what there is: accton(8), or the package that has it.
func howToAccount() string {
	for _, accton := range [...]string{"/usr/sbin/accton", "/sbin/accton"} {
		if _, err := os.Stat(accton); err != nil {
			continue
		}
		if _, err := os.Stat("/var/log/account/pacct"); err == nil {
			return "run accton /var/log/account/pacct"
		}
		return "run mkdir -p /var/account && touch /var/account/pacct && accton /var/account/pacct"
	}
	return "install acct, which switches it on (apt-get install acct), or psacct (dnf install psacct && systemctl enable --now psacct)"
}
