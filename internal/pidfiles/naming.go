package pidfiles

import (
	"context"
	"path"
	"path/filepath"
	"slices"
	"time"
)

// Naming finds the pidfiles, in these folders and one level below, that hold one of these numbers.
// It ends when ctx does, whether it has seen all files or not.
func Naming(ctx context.Context, places []string, numbers []int) ([]File, error) {
	type answer struct {
		list []File
		err  error
	}
	done := make(chan answer, 1)
	go func() {
		var list []File
		for _, dir := range below(ctx, places) {
			list = append(list, namingIn(ctx, dir, numbers)...)
		}
		done <- answer{list, ctx.Err()}
	}()
	select {
	case a := <-done:
		return a.list, a.err
	case <-ctx.Done():
	}
	const moment = 50 * time.Millisecond // for the goroutine to return what it has found
	timer := time.NewTimer(moment)
	defer timer.Stop()
	select {
	case a := <-done:
		return a.list, a.err
	case <-timer.C:
		return nil, ctx.Err()
	}
}

// below are these folders and those in them, without links, each once.
func below(ctx context.Context, places []string) []string {
	var list []string
	for _, place := range places {
		resolved, err := filepath.EvalSymlinks(place)
		if err != nil || slices.Contains(list, resolved) {
			continue
		}
		list = append(list, resolved)
		for _, name := range foldersBelow(ctx, resolved).names {
			list = append(list, path.Join(resolved, name))
		}
	}
	return list
}

// mostNaming bounds the files of one folder: a user may write any number into files of their own.
const mostNaming = 8

func namingIn(ctx context.Context, dir string, numbers []int) []File {
	f, err := openFolder(dir)
	if err != nil {
		return nil
	}
	defer f.close()
	var list []File
	_ = f.names(func(name string) bool { // files that we may not read are left out
		if !isNamedLikeOne(name) && !mayBeOne(name) {
			return ctx.Err() == nil
		}
		e, err := f.look(name)
		if err != nil || e.kind() != Regular {
			return ctx.Err() == nil
		}
		file := f.read(e, nil)
		if n := file.Content.Number; file.Content.Sort == Number && n > 0 && n < 1<<31 && slices.Contains(numbers, int(n)) {
			list = append(list, file)
		}
		return ctx.Err() == nil && len(list) < mostNaming
	})
	return list
}
