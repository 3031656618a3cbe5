// Package gcp is all that the service has to do with Google Cloud's APIs: the
// results topic of Pub/Sub, the log through the Cloud Logging API, and the
// metadata server. Nothing else in the module imports their clients.
//
// Nothing here costs anything until it is asked for: no client is made, no
// credential looked for, no goroutine started by importing it.
package gcp
