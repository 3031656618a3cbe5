package service

import "context"

// runsKey finds, in the context of a request, who is told of its runs.
type runsKey struct{}

// TellOfRuns returns a context for one request. began is called when a run that
// the request asks for stands in the queue, or has found it full, and the
// function that it returns when that run is over. The request is read by then,
// and its reply is not written yet, unless it is a stream.
func TellOfRuns(ctx context.Context, began func() (over func())) context.Context {
	return context.WithValue(ctx, runsKey{}, began)
}

// tellOfRun tells whoever wants to know of a run that begins. The function that
// it returns must be called at the end.
func tellOfRun(ctx context.Context) (over func()) {
	if began, ok := ctx.Value(runsKey{}).(func() func()); ok {
		return began()
	}
	return func() {}
}
