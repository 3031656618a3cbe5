package python

// What the tests of the public entry measure or compare by itself.
var (
	Closure = closure
)

const EmbeddedModule = embeddedModule
