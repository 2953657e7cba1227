package app

import (
	"context"

	"daemon-keeper/internal/survey"
)

// propose prints a first configuration for this machine.
func propose(context.Context) error {
	var out output
	out.Write(survey.Propose(nil).YAML())
	return out.err
}
