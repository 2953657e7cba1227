// Package prometheus tests the alert rules of this folder, with the real promtool.
package prometheus
