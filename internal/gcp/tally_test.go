package gcp

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"cloud.google.com/go/logging/apiv2/loggingpb"
	"google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
	grpcstatus "google.golang.org/grpc/status"
)

// Waiting entries are bounded in number and in bytes, and a request that is over
// makes room for as much as it held.
func TestTallyBounds(t *testing.T) {
	var tally tally
	for i, tt := range []struct {
		size     int64
		admitted bool
	}{{60, true}, {60, false}, {40, true}, {0, true}, {0, false}} {
		if got := tally.admit(tt.size, 3, 100); got != tt.admitted {
			t.Errorf("entry %d of %d bytes: admitted %v", i, tt.size, got)
		}
	}
	tally.settle(&write{entries: 2, bytes: 60})
	if !tally.admit(60, 3, 100) || tally.admit(1, 3, 100) || tally.dropped() != 3 {
		t.Errorf("after a request: %d lost, %d bytes wait", tally.dropped(), tally.bytes)
	}
}

// Losses are told of now and then, all of them in the end.
func TestTallyTellsSeldom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var tally tally
		var told []int64
		lose := func(every time.Duration) {
			tally.lose(errors.New("why"))
			tally.report(func(n int64, _ error) { told = append(told, n) }, every)
		}
		lose(time.Minute)
		lose(time.Minute)
		time.Sleep(time.Minute - time.Nanosecond)
		lose(time.Minute)
		time.Sleep(time.Nanosecond)
		lose(time.Minute)
		lose(time.Minute)
		lose(0)
		if len(told) != 3 || told[0] != 1 || told[1] != 3 || told[2] != 2 {
			t.Errorf("told of %v", told)
		}
	})
}

// An entry that the library adds about itself is nobody's loss.
func TestTallyLeavesOutTheLibrarysOwn(t *testing.T) {
	partial, err := grpcstatus.New(codes.InvalidArgument, "some").WithDetails(&loggingpb.WriteLogEntriesPartialErrors{
		LogEntryErrors: map[int32]*status.Status{0: {}, 2: {}},
	})
	if err != nil {
		t.Fatal(err)
	}
	w := &write{entries: 2, foreign: []int{0, 3}, err: partial.Err()}
	if got := w.lost(); got != 1 {
		t.Errorf("%d lost", got)
	}
}
