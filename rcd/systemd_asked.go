package rcd

import (
	"context"
	"fmt"
	"strings"
)

// askedProps are what a unit asks for of its processes, systemd.exec(5), and what changes
// that: systemctl prints each of them in one line.
const askedProps = "Id,LoadState,User,Group,SupplementaryGroups,DynamicUser,UMask,LimitNOFILE,LimitNPROC,LimitCORE,LimitMEMLOCK,LimitAS,WorkingDirectory," +
	"RootDirectory,NoNewPrivileges,CapabilityBoundingSet,AmbientCapabilities,OOMScoreAdjust,PrivateTmp,PrivateDevices,PrivateNetwork,PrivateUsers," +
	"AppArmorProfile,MainPID,NeedDaemonReload,FragmentPath,DropInPaths,ExecStart,ExecStartEx,ExecReload,PIDFile,SystemCallFilter"

// Asked is what a unit's definition asks for, by the names of systemd.
type Asked struct {
	Name  string
	Main  int
	Props map[string]string
}

// Asked is nothing of a unit that systemd does not have.
func (s systemd) Asked(ctx context.Context, unit string) (Asked, error) {
	argv := []string{s.systemctl, "show", "--no-pager", "-p", askedProps, "--", unitName(unit)}
	r, err := s.query(ctx, argv)
	switch {
	case err != nil:
		return Asked{}, err
	case r.status != 0:
		return Asked{}, fmt.Errorf("cannot ask systemd what %s asks for: %s", unit, r.failure(argv))
	case len(r.output) >= mostOutput:
		return Asked{}, fmt.Errorf("cannot ask systemd what %s asks for: it is too long", unit)
	}
	return askedOf(r.output), nil
}

// askedOf reads the answer. A property that stands there twice is not believed: an argument of
// ExecStart= may hold a line end, and what follows may look like anything. Several ExecStart=
// and ExecReload= are one after the other.
func askedOf(text string) Asked {
	props := make(map[string]string)
	twice := make(map[string]bool)
	for line := range strings.Lines(text) {
		key, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		if !ok {
			continue
		}
		if had, seen := props[key]; seen {
			if strings.HasPrefix(key, "Exec") {
				value = had + "\n" + value
			} else {
				twice[key] = true
			}
		}
		if value == "[unprintable]" || value == "[not set]" {
			value = ""
		}
		props[key] = value
	}
	for key := range twice {
		delete(props, key)
	}
	if props["LoadState"] != "loaded" {
		return Asked{}
	}
	return Asked{Name: props["Id"], Main: conditionOf(props).Main, Props: props}
}
