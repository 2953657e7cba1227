package rcd

import "testing"

// What systemd says of a unit, as the main process and the control group need it.
func TestConditionOf(t *testing.T) {
	for _, tc := range []struct {
		name, answer string
		want         Condition
	}{
		{"it runs", "ActiveState=active\nMainPID=417\nControlGroup=/system.slice/nginx.service\n", Condition{State: Running, Main: 417, Group: "/system.slice/nginx.service"}},
		{"it has failed", "ActiveState=failed\nMainPID=0\nControlGroup=\n", Condition{State: Stopped, Failed: true}},
		{"a main process that is not a number", "ActiveState=active\nMainPID=-1\n", Condition{State: Running}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := conditionOf(properties(tc.answer)); got != tc.want {
				t.Errorf("got %+v, want %+v", got, tc.want)
			}
		})
	}
}
