package mcp

import (
	"bytes"
	"encoding/json"
	"errors"
)

// member is one member of a JSON object, its value as it was written.
type member struct {
	name  string
	value json.RawMessage
}

// membersOf returns the members of a JSON object in their order, which a map
// would lose. jsontext.Members is not enough here: it takes only text that is
// known to be valid, and a reply that is not has to be an error.
func membersOf(object []byte) ([]member, error) {
	dec := json.NewDecoder(bytes.NewReader(object))
	if open, err := dec.Token(); err != nil {
		return nil, err
	} else if open != json.Delim('{') {
		return nil, errors.New("is no JSON object")
	}
	var list []member
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return nil, err
		}
		m := member{name: name.(string)} // nothing else can stand there
		if err := dec.Decode(&m.value); err != nil {
			return nil, err
		}
		list = append(list, m)
	}
	_, err := dec.Token()
	return list, err
}

// joinMembers is the JSON object of these members.
func joinMembers(list []member) []byte {
	b := []byte{'{'}
	for i, m := range list {
		if i > 0 {
			b = append(b, ',')
		}
		name, _ := json.Marshal(m.name) // a string always works
		b = append(append(b, name...), ':')
		b = append(b, m.value...)
	}
	return append(b, '}')
}
