// Package page has tests that look at the page with Chromium: make test-packages.
package page
