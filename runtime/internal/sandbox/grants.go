package sandbox

// Grants says what this machine let throw-away children do: see [Probe].
type Grants struct {
	Root bool `json:"root"` // running as uid 0
	// GVisor is only for the name of the posture: layers are tried.
	GVisor bool `json:"gvisor"`
	// Refused says for each scheme that was tried which layers were refused and
	// how. A scheme is tried only where those above it are not granted.
	Refused map[Scheme]map[Layer]string `json:"refused"`
	// Left are the rlimits that were refused and that something else covers.
	Left     []string `json:"left,omitempty"`
	Landlock int      `json:"landlock"` // ABI version, 0 without
	LastCap  int      `json:"last_cap"` // highest capability that the kernel knows
}

// Tried notes what became of a layer that Probe does not try: control groups are
// made by the server, outside of any jail. An empty refusal: it was granted.
func (g Grants) Tried(l Layer, refusal string) {
	for _, refused := range g.Refused {
		delete(refused, l)
		if refusal != "" {
			refused[l] = refusal
		}
	}
}

// Refusals says of each layer that was refused in every scheme that has a use for
// it how that was done in the strongest.
func (g Grants) Refusals() map[Layer]string {
	out := map[Layer]string{}
	for _, l := range Layers() {
		first := ""
		for i := range schemes {
			refused, tried := g.Refused[schemes[i].name]
			if !tried || !schemes[i].uses(l) {
				continue
			}
			why, no := refused[l]
			if !no {
				first = ""
				break
			}
			if first == "" {
				first = why
			}
		}
		if first != "" {
			out[l] = first
		}
	}
	return out
}

// why says why a layer is off in scheme s: what refused it, and what stands in.
func (g Grants) why(l Layer, s *scheme) string {
	instead := s.notes[l]
	if l == MemoryCgroup {
		instead = NoGroup
	}
	if l == Landlock {
		instead = "the private root hides the host's files"
		if s.has(Chroot) {
			instead = "the chroot hides the host's files"
		}
	}
	if l == Chroot && s.has(PrivateRoot) {
		return "not needed: a private root leaves no way back"
	}
	refusal := "only root can have it"
	for i := range schemes {
		refused, tried := g.Refused[schemes[i].name]
		if why, no := refused[l]; no {
			refusal = why
			break
		}
		if tried && schemes[i].uses(l) {
			refusal = "granted here, of no use without the layers that are refused"
		}
	}
	switch {
	case instead == "":
		return refusal
	case s.clone != 0 && !s.uses(l): // not needed
		return instead
	}
	return refusal + "; " + instead
}

// NoGroup is what stands in for a control group.
const NoGroup = "each run is bounded by itself, by rlimits and by the server, which looks at it"
