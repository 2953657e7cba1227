package app

import (
	"bytes"
	"errors"
	"testing"

	"daemon-keeper/internal/keeper"
	"daemon-keeper/internal/report"
	"daemon-keeper/internal/state"
)

// What is wrong with the machine is said once, and again when it is wrong again. Without a
// memory it is said each time.
func TestWarnOnce(t *testing.T) {
	var out bytes.Buffer
	k := new(keeper.Keeper)
	k.Log = report.NewLog(nil, &out, false, report.Warning)
	for _, k.Store = range []*state.Store{newStore(t), nil} {
		for i, tc := range []struct {
			text string
			news bool
		}{{"", false}, {"no tracefs", true}, {"no tracefs", false}, {"locked", true}, {"", false}, {"locked", true}, {"locked", false}} {
			var err error
			if tc.text != "" {
				err = errors.New(tc.text)
			}
			out.Reset()
			warnOnce(k, "x", err)
			want := tc.news || k.Store == nil && err != nil
			if got := out.String(); (got != "") != want || want && got != "daemon-keeper: WARNING "+tc.text+"\n" {
				t.Errorf("%d: %q", i, got)
			}
		}
	}
}
