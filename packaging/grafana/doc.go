// Package grafana tests the dashboard of this folder: what it asks for exists, and
// a real Prometheus that has scraped a real host answers each of its queries.
package grafana
