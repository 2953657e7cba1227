package check

import (
	"errors"
	"testing"

	"daemon-keeper/check/proctable"
	"daemon-keeper/internal/words"
)

// Processes that may never count, be they the right file a hundred times.
func TestOurselves(t *testing.T) {
	judgeRows(t, Spec{}, clamd, beside(), []row{
		{"our own PID", plain(func(p *proctable.Process) { p.PID = self.PID }), Down, Own, false},
		{"an upgraded one with our own PID", plain(func(p *proctable.Process) {
			p.PID, p.File, p.Deleted = self.PID, oldFile, true
		}), Down, Own, true},
	})

	keeper := Executable{Path: "/usr/bin/daemon-keeper", Resolved: "/usr/bin/daemon-keeper", ID: self.File}
	another := proctable.Process{PID: 4711, Name: "daemon-keeper", Exe: keeper.Path, File: self.File, OwnUserNS: true}
	var own *OwnProgramError
	if v := judge(Spec{Executable: keeper.Path}, keeper, another); v.State != Unknown || !errors.As(v.Err, &own) {
		t.Errorf("told to keep itself: %+v", v)
	}
	// A rule may count how many runs there are, but for this one.
	rule := Spec{Executable: keeper.Path, Rule: true, Count: &words.Count{Min: 0, Max: 1}}
	if v := judge(rule, keeper, another); v.State != Up || len(v.Excluded) != 1 || v.Excluded[0].Reason != Own {
		t.Errorf("a rule about another daemon-keeper: %+v", v)
	}
	// Where our own file is not known, no unknown file is ours.
	s := Snapshot{Self: proctable.Self{PID: 50}, Processes: []proctable.Process{lost("clamd", "clamd")}, files: map[string]*wanted{clamd.Path: {Executable: clamd}}}
	if v := Judge(s, Spec{Executable: clamd.Path}); v.State != Up {
		t.Errorf("own file unknown: %+v", v)
	}
}

// With a user given, only that user's processes count.
func TestWantedUser(t *testing.T) {
	uid := func(id uint32) *uint32 { return &id }
	as := func(id uint32) proctable.Process { return plain(func(p *proctable.Process) { p.User = id }) }
	for _, tc := range []struct {
		name   string
		wanted *uint32
		p      proctable.Process
		state  State
		reason Reason
		old    bool
	}{
		{"any user, root's", nil, as(0), Up, counts, false},
		{"any user, clamav's", nil, as(clamav), Up, counts, false},
		{"any user, the highest id", nil, as(4294967295), Up, counts, false},
		{"wanted user", uid(clamav), as(clamav), Up, counts, false},
		{"other user", uid(clamav), as(nobody), Down, OtherUser, false},
		{"root is another user too", uid(clamav), as(0), Down, OtherUser, false},
		{"root wanted", uid(0), as(0), Up, counts, false},
		{"root wanted, other user", uid(0), as(clamav), Down, OtherUser, false},
		{"the highest id wanted", uid(4294967295), as(4294967295), Up, counts, false},
		{"the highest id wanted, root's", uid(4294967295), as(0), Down, OtherUser, false},
		{"deleted, foreign user namespace, root's uid, any user wanted", nil, deletedAbroad(0), Up, counts, true},
		{"deleted, foreign user namespace, wanted user's uid", uid(clamav), deletedAbroad(clamav), Up, counts, true},
		{"deleted, foreign user namespace, other uid", uid(clamav), deletedAbroad(nobody), Down, Forgeable, false},
		{"deleted, foreign user namespace, unmapped uid", uid(clamav), deletedAbroad(4294967295), Down, Forgeable, false},
		{"deleted, foreign user namespace, root's uid, clamav wanted", uid(clamav), deletedAbroad(0), Down, OtherUser, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			spec := Spec{Executable: clamd.Path, User: tc.wanted}
			wantVerdict(t, judge(spec, clamd, tc.p), row{tc.name, tc.p, tc.state, tc.reason, tc.old})
		})
	}
}

func deletedAbroad(uid uint32) proctable.Process {
	return plain(func(p *proctable.Process) { p.File, p.Deleted, p.OwnUserNS, p.User = oldFile, true, false, uid })
}
