package postmortem

import "context"

// ReadAccounts reads the ends of the files that accton(8) and periodic(8) have made.
func ReadAccounts(ctx context.Context, d Dead) (AccountRecords, error) {
	return readAccounts(ctx, d, []accountFolder{{"/var/account", "acct"}}, "run sysrc accounting_enable=YES && service accounting start")
}
