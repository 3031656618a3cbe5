package gcp

import (
	"context"
	"log/slog"
	"slices"

	"google.golang.org/protobuf/types/known/structpb"
)

// Handler is a slog.Handler that writes through a Sink.
type Handler struct {
	sink *Sink
	// bound is what WithAttrs and WithGroup have added, in order.
	bound []binding
}

// binding is a group that was opened, or attributes.
type binding struct {
	group string
	attrs []slog.Attr
}

// NewHandler returns a handler whose records go to sink.
func NewHandler(sink *Sink) *Handler { return &Handler{sink: sink} }

// Enabled is true from INFO on.
func (*Handler) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelInfo }

// Handle never waits and never fails: what the sink can't take is counted.
func (h *Handler) Handle(_ context.Context, r slog.Record) error {
	e := newEntry(r)
	fields, top := e.GetJsonPayload().Fields, true
	// Groups that stay empty are not written: they are put in last.
	type open struct {
		outer map[string]*structpb.Value
		name  string
	}
	var groups []open
	for _, b := range h.bound {
		if b.group != "" {
			groups = append(groups, open{fields, b.group})
			fields, top = map[string]*structpb.Value{}, false
			continue
		}
		for _, a := range b.attrs {
			add(e, fields, top, a)
		}
	}
	r.Attrs(func(a slog.Attr) bool {
		add(e, fields, top, a)
		return true
	})
	for _, g := range slices.Backward(groups) {
		if len(fields) > 0 {
			g.outer[g.name] = structpb.NewStructValue(&structpb.Struct{Fields: fields})
		}
		fields = g.outer
	}
	h.sink.write(e)
	return nil
}

// WithAttrs returns a handler that adds attrs to every record.
func (h *Handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return h.with(binding{attrs: slices.Clone(attrs)})
}

// WithGroup returns a handler that puts what follows into a group.
func (h *Handler) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	return h.with(binding{group: name})
}

func (h *Handler) with(b binding) *Handler {
	return &Handler{sink: h.sink, bound: append(slices.Clip(h.bound), b)}
}

// Dropped is how many entries were lost.
func (h *Handler) Dropped() int64 { return h.sink.Dropped() }

// Close writes what is left, as far as ctx allows.
func (h *Handler) Close(ctx context.Context) error { return h.sink.Close(ctx) }
