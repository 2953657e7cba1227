// Daemon-keeper looks whether a daemon is up, and if it is not, stops and starts
// its services and sees that it is back. cron runs it every minute.
package main

import (
	"os"

	"daemon-keeper/internal/app"
)

func main() { os.Exit(app.Main(os.Args)) }
