package funcs

import "testing"

func TestQuality(t *testing.T) {
	for header, want := range map[string]float64{
		"": 0, "*/*": 0, "*": 0, "gzip": 1, "GZip": 1, "br, gzip": 1, "gzipped": 0,
		"gzip;q=0": 0, "gzip;q=0.0": 0, "gzip ; q = 0.5": 0.5, "gzip; Q=0.2": 0.2, "gzip;x=1;q=0.3": 0.3,
		"gzip;q=x": 1, "gzip;q=": 1, "gzip;": 1, ";,gzip": 1, "gzip;q=0.1,gzip;q=0.4": 0.4, "gzip;q=NaN": 1,
		"gzip;q=-1": 1, "gzip;q=7": 1,
	} {
		if got := quality([]string{"identity", header}, "gzip"); got != want {
			t.Errorf("%q: %v, want %v", header, got, want)
		}
	}
}

// A caller who names JSON and another type gets the one with the greater weight.
func TestPrefers(t *testing.T) {
	for accept, want := range map[string]bool{
		"": false, "*/*": false, "text/html": true, "text/html;q=0.1": true, "text/html;q=0": false,
		"application/json": false, "application/json, text/html": true,
		"application/json;q=0.5, text/html;q=0.4": false,
		"application/json, text/html;q=0.9":       false, "application/json;q=0.1, text/html;q=0.9": true,
		"application/json;q=0, text/html;q=0": false,
	} {
		if got := prefers([]string{accept}, "text/html"); got != want {
			t.Errorf("%q: %v, want %v", accept, got, want)
		}
	}
}
