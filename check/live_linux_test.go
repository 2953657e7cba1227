package check

import (
	"net"
	"os"
	"testing"
)

// What is asked of single processes, of real ones.
func TestLive(t *testing.T) {
	p := newPlace(t)
	p.install(t, p.dir+"/r1/"+p.name)
	p.install(t, p.dir+"/r2/"+p.name)
	link(t, "r1", p.dir+"/current")
	path := p.dir + "/current/" + p.name
	pid := run(t, nil, path)
	relink(t, "r2", p.dir+"/current")
	got, runs, err := Live{}.Read(pid)
	if err != nil || !runs || got.Exe != p.dir+"/r1/"+p.name || len(got.Args) != 1 || got.Usage.Start == 0 {
		t.Errorf("%+v, %v, %v", got, runs, err)
	}
	if _, runs, err := (Live{}).Read(1 << 22); runs || err != nil {
		t.Errorf("a process that is not there: %v, %v", runs, err)
	}
	list, err := Live{}.Leads(t.Context(), Spec{Executable: path})
	if err != nil || len(list) != 1 || list[0].PID != pid {
		t.Errorf("%+v, %v", list, err)
	}
	file := write(t, p.dir, "x.pid", "4194305\n", 0o644)
	if number, runs, known := (Live{}).PIDFile(file); number != 4194305 || runs || !known {
		t.Errorf("%d, %v, %v", number, runs, known)
	}
	if _, _, known := (Live{}).PIDFile(file + ".not"); known {
		t.Error("a pidfile that is missing names a process")
	}
}

// A socket that waits for connections is one of any family.
func TestListens(t *testing.T) {
	p := newPlace(t)
	pid := run(t, nil, p.path)
	if got, err := (Live{}).Listens(pid); got || err != nil {
		t.Errorf("the toy listens: %v, %v", got, err)
	}
	for network, address := range map[string]string{"tcp4": "127.0.0.1:0", "tcp6": "[::1]:0", "unix": p.dir + "/socket"} {
		l, err := net.Listen(network, address)
		if err != nil && network == "tcp6" {
			continue
		}
		must(t, err)
		if got, err := (Live{}).Listens(os.Getpid()); !got || err != nil {
			t.Errorf("%s: %v, %v", network, got, err)
		}
		must(t, l.Close())
	}
}
