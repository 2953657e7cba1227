package inspect

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

func whereRules() []rule {
	return []rule{
		{
			"cwd_deleted", Where, Warning, "its working folder has been removed",
			"whatever it opens or starts by a relative path fails, and a core cannot be written",
			"restart it from a folder that stays: WorkingDirectory=/ in the unit, or chdir(\"/\")",
			func(f Facts) []evidence { return saw(f.Cwd.Known && f.Cwd.Value.Deleted, f.Cwd.Value.Path) },
		},
		{
			"cwd_network", Where, Warning, "its working folder is on another machine, or served by another process",
			"if that does not answer, the daemon hangs, and so does whoever looks at it; the file system cannot be unmounted",
			"let it work in a folder of this machine: WorkingDirectory= in the unit", cwdNetwork,
		},
		{
			"cwd_removable", Where, Warning, "its working folder is on a medium that can be taken out",
			"the medium cannot be unmounted while it runs",
			"let it work in / : WorkingDirectory= in the unit",
			func(f Facts) []evidence { return saw(f.Cwd.Known && f.Cwd.Value.Removable, f.Cwd.Value.Path) },
		},
		{
			"cwd_home", Where, Notice, "its working folder is in somebody's home",
			"it was probably started by hand there; the home may be unmounted, encrypted or removed with its owner",
			"restart it through its service", cwdHome,
		},
		{
			"cwd_differs", Where, Notice, "its working folder is not the one that its unit asks for",
			"relative paths in its configuration lead elsewhere",
			"restart the service, if the program does not change it by itself", cwdDiffers,
		},
		{
			"outside_root", Where, Warning, "its working folder is outside of its root folder",
			"it has called chroot(2) and not chdir(2): a relative path leads out of the jail",
			"call chdir(\"/\") behind chroot(2)", outsideRoot,
		},
		{
			"root_writable", Where, Warning, "its own user can write into its root folder",
			"whoever takes it over can put a libc and an /etc of their own into the jail, and have root's programs use them",
			"give the folder to root, mode 755", rootWritable,
		},
		{
			"not_hidden", Where, Warning, "it sees what its unit hides from it",
			"it is in none of the namespaces that its unit asks for: it was started before that was written, or by somebody else",
			"restart the service", notHidden,
		},
		{
			"umask_open", Where, Notice, "files that it makes can be written by others",
			"its umask takes nothing from others: only the modes that the program itself gives protect its files",
			"set UMask=0027 in the unit, or umask 027 where it is started", umaskOpen,
		},
		{
			"umask_differs", Where, Notice, "its umask takes less than its unit asks for",
			"files that it makes are open to more users than was meant",
			"restart the service, if the program does not change it by itself", umaskDiffers,
		},
	}
}

func cwdNetwork(f Facts) []evidence {
	d := f.Cwd.Value
	return saw(f.Cwd.Known && d.Network && !f.worksIn(d.Path), fmt.Sprintf("%s is on %s", d.Path, d.System))
}

func cwdHome(f Facts) []evidence {
	d := f.Cwd.Value
	if !f.Cwd.Known || d.Deleted || f.worksIn(d.Path) {
		return nil
	}
	isHome := within(d.Path, "/root") || d.Path != "/home" && within(d.Path, "/home") || d.Path != "/usr/home" && within(d.Path, "/usr/home")
	return saw(isHome, d.Path)
}

// worksIn reports whether the unit asks for this folder or for one above it.
func (f Facts) worksIn(folder string) bool {
	want := strings.TrimPrefix(f.Unit.Value.Props["WorkingDirectory"], "!") // it need not exist
	return path.IsAbs(want) && within(folder, path.Clean(want)) && want != "/"
}

// within reports whether a path is a folder, or in it.
func within(name, folder string) bool {
	return name == folder || strings.HasPrefix(name, strings.TrimSuffix(folder, "/")+"/")
}

func cwdDiffers(f Facts) []evidence {
	want, d := f.Unit.Value.Props["WorkingDirectory"], f.Cwd.Value
	if !f.Cwd.Known || !path.IsAbs(want) || d.Deleted || d.Path == "/" || f.Root.Value.Changed || within(d.Path, path.Clean(want)) {
		return nil
	}
	return saw(true, fmt.Sprintf("WorkingDirectory=%s, and it is in %s", want, d.Path))
}

// outsideRoot compares two paths. In a mount namespace of its own, both are as the process sees them.
func outsideRoot(f Facts) []evidence {
	root, cwd := f.Root.Value, f.Cwd.Value
	if !f.Root.Known || !f.Cwd.Known || !root.Changed || root.Path == "/" || within(cwd.Path, root.Path) {
		return nil
	}
	return saw(true, fmt.Sprintf("root %s, working folder %s", root.Path, cwd.Path))
}

func rootWritable(f Facts) []evidence {
	root := f.Root.Value
	return saw(f.Root.Known && root.Changed && root.Path != "/" && root.Writable && f.IDs.Known && f.IDs.Value.user() != 0,
		fmt.Sprintf("%s can be written by %s", root.Path, f.user(f.IDs.Value.user())))
}

func notHidden(f Facts) []evidence {
	if !f.Namespaces.Known || !f.Unit.Known {
		return nil
	}
	var list []evidence
	for _, n := range []struct{ key, kind string }{{"PrivateTmp", "mnt"}, {"PrivateDevices", "mnt"}, {"PrivateNetwork", "net"}, {"PrivateUsers", "user"}} {
		if f.Unit.Value.yes(n.key) && !slices.Contains(f.Namespaces.Value, n.kind) {
			list = append(list, evidence{text: fmt.Sprintf("%s=yes, and its %s namespace is the machine's", n.key, n.kind)})
		}
	}
	return list
}

func umaskOpen(f Facts) []evidence {
	return saw(f.Umask.Known && f.Umask.Value&0o002 == 0, fmt.Sprintf("umask %04o", f.Umask.Value))
}

func umaskDiffers(f Facts) []evidence {
	text := f.Unit.Value.Props["UMask"]
	var want uint32
	if _, err := fmt.Sscanf(text, "%o", &want); err != nil || !f.Umask.Known {
		return nil
	}
	return saw(want&^f.Umask.Value != 0 && len(umaskOpen(f)) == 0, fmt.Sprintf("UMask=%s, and it is %04o", text, f.Umask.Value))
}
