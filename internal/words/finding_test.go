package words

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"
)

// The bytes that the memory and the ledger have.
func TestFindingAsJSON(t *testing.T) {
	for want, f := range map[string]Finding{
		`{"text":"","certainty":"","source":""}`: {Later: true},
		`{"cause":"signal","signal":15,"text":"killed \u0026 gone","main":true,"said":true,"next":"journalctl -u x","certainty":"certain","source":"systemd"}`: {
			Cause: Signalled, Signal: 15, Text: "killed & gone", Main: true, Said: true, Sure: "certain", Source: "systemd", Next: "journalctl -u x",
		},
		`{"text":"SIGTERM was sent by kill(7)","sender":"kill(7)","sender_pid":7,"main":true,"detail":true,"aside":true,"certainty":"likely","source":"signal trace","at":1795844531001}`: {
			Text: "SIGTERM was sent by kill(7)", Sender: "kill(7)", SenderPID: 7, Main: true, Detail: true, Aside: true, Sure: "likely", Source: "signal trace",
			When: time.UnixMilli(1_795_844_531_001),
		},
	} {
		got, err := json.Marshal(f)
		if err != nil || string(got) != want {
			t.Errorf("got  %s, %v\nwant %s", got, err, want)
		}
		var back Finding
		f.Later = false
		if err := json.Unmarshal(got, &back); err != nil || !reflect.DeepEqual(back, f) {
			t.Errorf("%+v, %v, want %+v", back, err, f)
		}
	}
	if err := json.Unmarshal([]byte(`{"at":"noon"}`), new(Finding)); err == nil {
		t.Error("a time that is not a number was read")
	}
}
