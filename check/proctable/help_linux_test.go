package proctable

import "testing"

const stranger = 12345 // the user id of an unprivileged user

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
