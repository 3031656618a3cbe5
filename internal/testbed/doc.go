// Package testbed starts the real server the ways it is deployed, for tests:
// as a process of root or of an ordinary user, in a container with podman's
// profile, with one that grants no namespaces or with all of root's rights, and
// under gVisor. Where the tests themselves run in a container, so does a process.
//
// Beside each server it lays canaries, things of which a script must get
// nothing: a secret in the server's environment, one in a file that the server
// can read, and a process of the server's user that holds one in its memory
// and behind sockets that answer whoever reaches them. The canaries are the
// test's own witnesses: whether a script got out does not rest on its word.
//
// A meter tells how much memory a server and all that it runs hold, by kind, as
// the kernel counts it for their control group: no process is asked.
//
// It knows the server from outside only: a program or an image, its settings,
// its URL. Containers need podman and runc, gVisor needs runsc, all need root.
package testbed
