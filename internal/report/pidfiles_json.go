package report

import (
	"daemon-keeper/internal/words"
)

// pidFilesVersion grows when a field changes its meaning or goes.
const pidFilesVersion = 1

// The types behind the fields. All text in them is Printable.
type (
	jsonPIDFiles struct {
		Version  int           `json:"version"`
		Command  string        `json:"command"`
		Time     string        `json:"time"`
		Sums     jsonSums      `json:"sums"`
		Unseen   int           `json:"unseen"`
		Limits   []string      `json:"limits"`
		PIDFiles []jsonPIDFile `json:"pidfiles"`
	}
	jsonSums struct {
		Dangerous int `json:"dangerous"`
		Wrong     int `json:"wrong"`
		Note      int `json:"note"`
		Unknown   int `json:"unknown"`
		Right     int `json:"right"`
	}
	jsonPIDFile struct {
		Path       string              `json:"path"`
		Severity   string              `json:"severity"`
		Number     *int64              `json:"number"`
		Process    *jsonPIDFileProcess `json:"process"`
		Locked     *bool               `json:"locked"`
		LockedBy   []int               `json:"locked_by"`
		Owner      string              `json:"owner"`
		Mode       string              `json:"mode"`
		Written    string              `json:"written,omitempty"`
		FileSystem string              `json:"file_system"`
		Persistent bool                `json:"persistent"`
		NamedBy    []string            `json:"named_by"`
		Findings   []jsonFinding       `json:"findings"`
	}
	jsonPIDFileProcess struct {
		PID        int     `json:"pid"`
		Thread     *string `json:"thread"`
		Name       string  `json:"name"`
		Executable string  `json:"executable"`
		User       string  `json:"user"`
		Unit       string  `json:"unit"`
		Started    string  `json:"started,omitempty"`
	}
	jsonFinding struct {
		Verdict  string `json:"verdict"`
		Severity string `json:"severity"`
		Text     string `json:"text"`
	}
)

// object prints the pidfiles for programs, in one piece.
func (p PIDFiles) object() {
	printJSON(p.Out, jsonPIDFiles{
		Version: pidFilesVersion, Command: "pidfiles", Time: instant(p.Now),
		Sums:   jsonSums{p.Sums["dangerous"], p.Sums["wrong"], p.Sums["note"], p.Sums["unknown"], p.Sums["right"]},
		Unseen: p.Unseen, Limits: each(p.Limits, words.Printable), PIDFiles: each(p.List, newJSONPIDFile),
	})
}

func newJSONPIDFile(f PIDFile) jsonPIDFile {
	out := jsonPIDFile{
		Path: words.Printable(f.Path), Severity: f.Severity, Number: f.Number, Locked: f.Locked, LockedBy: each(f.LockedBy, func(pid int) int { return pid }),
		Owner: words.Printable(f.Owner), Mode: f.Mode, Written: instantIf(f.Written), FileSystem: words.Printable(f.FileSystem), Persistent: f.Persistent,
		NamedBy:  each(f.NamedBy, words.Printable),
		Findings: each(f.Findings, func(x PIDFileFinding) jsonFinding { return jsonFinding{x.Verdict, x.Severity, words.Printable(x.Text)} }),
	}
	if p := f.Process; p != nil {
		out.Process = &jsonPIDFileProcess{
			PID: p.PID, Name: words.Printable(p.Name), Executable: words.Printable(p.Executable), User: words.Printable(p.User),
			Unit: words.Printable(p.Unit), Started: instantIf(p.Started),
		}
		if p.Thread != nil {
			out.Process.Thread = new(words.Printable(*p.Thread))
		}
	}
	return out
}
