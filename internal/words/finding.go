package words

import (
	"encoding/json"
	"time"
)

// Certainty is how sure a finding is: certain, likely or hint.
type Certainty string

// Blame is why a daemon was down, and who did it.
type Blame struct {
	Cause     string    `json:"cause,omitempty"`     // "" if it is not known
	Sender    string    `json:"sender,omitempty"`    // of the signal that ended it; "" if it is not known
	Certainty Certainty `json:"certainty,omitempty"` // of the sender, or else of the cause
	Source    string    `json:"source,omitempty"`    // who knows that, such as the signal trace
}

// Finding is what a witness knows of one event. It explains the end; or, if it has a Sender, it is
// a signal that was sent; or, if it is Aside, it is something that may be related to the end.
// It is kept, as JSON, with the incident.
type Finding struct {
	Cause  Cause  `json:"cause,omitempty"`
	Signal int    `json:"signal,omitempty"` // that has ended it, or that was sent, or that its exit status stands for (osutil.SignalOfExit); 0: none, or not known
	Text   string `json:"text"`             // what happened, for people
	Sender string `json:"sender,omitempty"` // who sent the signal, for people
	// SenderPID is the number of the process that sent it, so that two witnesses of one
	// signal do not pass for two senders; 0 if it was the kernel or is not known.
	SenderPID int       `json:"sender_pid,omitempty"`
	Main      bool      `json:"main,omitempty"`   // it is about the main process
	Detail    bool      `json:"detail,omitempty"` // it says more than that a signal has ended it
	Aside     bool      `json:"aside,omitempty"`  // it does not explain the end: a stale pidfile, the last words, an upgrade
	Said      bool      `json:"said,omitempty"`   // by the service manager
	Next      string    `json:"next,omitempty"`   // a command that shows a person more, to be pasted; "" if there is none
	Sure      Certainty `json:"certainty"`
	Source    string    `json:"source"` // the witness, so that a person can look it up
	When      time.Time `json:"-"`      // of the event, in JSON as "at"; zero if that is not known
	Later     bool      `json:"-"`      // it was not found after the death, but when the witnesses were asked again
}

type plainFinding Finding

// keptFinding is a Finding as JSON.
type keptFinding struct {
	plainFinding
	At int64 `json:"at,omitempty"` // Unix time in milliseconds; 0: not known
}

// MarshalJSON writes the time as a number, which is shorter.
func (f Finding) MarshalJSON() ([]byte, error) {
	k := keptFinding{plainFinding: plainFinding(f)}
	if !f.When.IsZero() {
		k.At = f.When.UnixMilli()
	}
	return json.Marshal(k)
}

// UnmarshalJSON reads what MarshalJSON writes.
func (f *Finding) UnmarshalJSON(data []byte) error {
	var k keptFinding
	err := json.Unmarshal(data, &k)
	*f = Finding(k.plainFinding)
	if k.At != 0 {
		f.When = time.UnixMilli(k.At)
	}
	return err
}
