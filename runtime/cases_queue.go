package runtime

import (
	"context"
	"sync"
	"time"
)

// entrant is who wants a place.
type entrant int

const (
	aCaller    entrant = iota
	aFirstCase         // of a batch, which may be turned away
	aLaterCase         // of a batch that has begun
)

// admit is enter for cases, too. Those of all batches together have all places but one,
// so that a caller who comes alone never stands behind batches only; for these they wait
// like anybody, in order of arrival. A case of a batch that has begun is never turned
// away: no more of them wait than there are places, and others are not turned away
// because of them.
func (a *admission) admit(ctx context.Context, who entrant, reserve func() error) error {
	if who == aCaller {
		return a.enter(ctx, reserve)
	}
	if who == aFirstCase && reserve != nil {
		reserve = sync.OnceValue(reserve) // there are two queues
	}
	if err := a.enterBatches(ctx, who, reserve); err != nil {
		return err
	}
	var err error
	if who == aFirstCase {
		err = a.enter(ctx, reserve)
	} else {
		a.behind.Add(1)
		defer a.behind.Add(-1)
		select {
		case a.places <- struct{}{}:
		case <-ctx.Done():
			err = context.Cause(ctx)
		}
	}
	if err != nil {
		<-a.cases
	}
	return err
}

// enterBatches waits for one of the places that batches may have.
func (a *admission) enterBatches(ctx context.Context, who entrant, reserve func() error) error {
	select {
	case a.cases <- struct{}{}:
		return nil
	default:
	}
	var late <-chan time.Time
	if who == aFirstCase {
		leave, err := a.stand(reserve)
		if err != nil {
			return err
		}
		defer leave()
		if a.wait > 0 {
			timer := time.NewTimer(a.wait)
			defer timer.Stop()
			late = timer.C
		}
	}
	select {
	case a.cases <- struct{}{}:
		return nil
	case <-late:
		return ErrOverloaded
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// release gives up what admit gave.
func (a *admission) release(who entrant) {
	a.leave()
	if who != aCaller {
		<-a.cases
	}
}
