package words

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
)

// servicePrefixes are the words that may stand before a service's name, with a colon, to say
// which service manager is meant. Any other colon is a part of the name.
var servicePrefixes = []string{"systemd", "openrc", "sysv", "rc", "runit", "svc", "s6", "supervisor", "own"}

// folderPrefixes are those whose services are folders, and may be named by their paths.
var folderPrefixes = []string{"runit", "svc", "s6"}

const (
	// ServicePattern is a service as a configuration names it, for a JSON Schema; CheckService
	// asks for a little more.
	ServicePattern = `^([A-Za-z0-9_][A-Za-z0-9_.@:-]*|(runit|svc|s6):(/[A-Za-z0-9_.@:-]+)+)$`

	nameFirst = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_"

	// maxService leaves room for a suffix in a file name of 255 bytes.
	maxService = 240
)

// CutService takes a service's name apart: which manager it names, "" if none, and what that
// manager calls it.
func CutService(name string) (prefix, inner string) {
	prefix, inner, found := strings.Cut(name, ":")
	if found && slices.Contains(servicePrefixes, prefix) {
		return prefix, inner
	}
	return "", name
}

// CheckService reports whether a text can name a service in a configuration: a name as
// CheckName has it, with the manager's prefix or without, or the folder of a supervisor's
// service: nginx, runit:redis, svc:/service/tinydns.
func CheckService(name string) error {
	prefix, inner := CutService(name)
	switch {
	case len(name) > maxService:
		return fmt.Errorf("the name has %d characters, more than %d", len(name), maxService)
	case prefix != "" && inner == "":
		return errors.New("no name stands behind " + prefix + ":")
	case !strings.HasPrefix(inner, "/") || prefix == "":
		return CheckName(inner)
	case !slices.Contains(folderPrefixes, prefix):
		return errors.New("only services of " + strings.Join(folderPrefixes, ", ") + " are folders, so no path may stand behind " + prefix + ":")
	case inner == "/" || path.Clean(inner) != inner || strings.Trim(inner, nameFirst+"/.@:-") != "":
		return errors.New("the path of its folder must be absolute, without .. and a / at its end, and may only have letters, digits and _ . @ : -")
	}
	return nil
}

// CheckName reports whether a text can be what a manager calls a service. It keeps paths,
// options and white space away from the scripts that the managers run.
func CheckName(name string) error {
	switch {
	case name == "":
		return errors.New("the name is empty")
	case len(name) > maxService:
		return fmt.Errorf("the name has %d characters, more than %d", len(name), maxService)
	case strings.Trim(name, nameFirst+".@:-") != "" || !strings.Contains(nameFirst, name[:1]):
		return errors.New("the name may only have letters, digits and _ . @ : -, and must begin with one of the first three")
	}
	return nil
}

// ServiceFile is a service's name as a part of a file's name, never the same for two
// services: no name has a +, which stands for a /.
func ServiceFile(name string) string {
	name = strings.ReplaceAll(name, "/", "+")
	if len(name) <= maxService {
		return name
	}
	sum := sha256.Sum256([]byte(name)) // of a folder, with the links in its path followed
	hash := "+" + hex.EncodeToString(sum[:])
	return name[:maxService-len(hash)] + hash
}
