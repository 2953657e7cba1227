// Package ansible holds the tests of the Ansible collection beside it: a role that
// brings daemon-keeper onto hosts, and a play that runs it on all of them.
package ansible
