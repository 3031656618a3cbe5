package funcs

import (
	"net/http"
	"strings"
	"testing"
)

func TestTraceOf(t *testing.T) {
	const trace, span = "0af7651916cd43dd8448eb211c80319c", "00f067aa0ba902b7"
	for _, tt := range []struct {
		parent, cloud string
		want          Trace
	}{
		{"", "", Trace{}},
		{"00-" + trace + "-" + span + "-01", "", Trace{trace, span, true}},
		{"00-" + trace + "-" + span + "-00", "", Trace{trace, span, false}},
		{"01-" + trace + "-" + span + "-03-more", "", Trace{trace, span, true}},
		{"00-" + trace + "-" + span + "-01-more", "", Trace{}},
		{"ff-" + trace + "-" + span + "-01", "", Trace{}},
		{"00-" + strings.ToUpper(trace) + "-" + span + "-01", "", Trace{}},
		{"00-" + strings.Repeat("0", 32) + "-" + span + "-01", "", Trace{}},
		{"00-" + trace + "-" + strings.Repeat("0", 16) + "-01", "", Trace{}},
		{"nonsense", trace + "/1;o=1", Trace{trace, "0000000000000001", true}},
		{"", trace + "/18446744073709551615;o=0", Trace{trace, "ffffffffffffffff", false}},
		{"", trace, Trace{trace, "", false}},
		{"", trace + "/x", Trace{trace, "", false}},
		{"", strings.ToUpper(trace) + "/0;o=1", Trace{trace, "", true}},
		{"", trace[1:] + "/1;o=1", Trace{}},
	} {
		h := http.Header{"Traceparent": {tt.parent}, "X-Cloud-Trace-Context": {tt.cloud}}
		if got := traceOf(h); got != tt.want {
			t.Errorf("%q, %q: got %+v, want %+v", tt.parent, tt.cloud, got, tt.want)
		}
	}
}
