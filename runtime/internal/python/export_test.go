package python

// What the tests of the public entry measure or compare by itself.
func FindLibraries(p *Interpreter) error { return p.findLibraries() }

const EmbeddedModule = embeddedModule
