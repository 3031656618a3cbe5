package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/pyexec/pyexec/runtime"
)

// environments shows what there is to tell of each environment. Their names are the
// operator's, so that callers can't make more series.
type environments struct {
	stats func() runtime.Stats
}

// figure is one figure of every environment.
type figure struct {
	desc  *prometheus.Desc
	kind  prometheus.ValueType
	value func(*runtime.EnvironmentStats) int64
}

func newFigure(name, help string, kind prometheus.ValueType, value func(*runtime.EnvironmentStats) int64) figure {
	return figure{prometheus.NewDesc("pyexec_environment_"+name, help, []string{"environment"}, nil), kind, value}
}

var figures = []figure{
	newFigure("up", "Whether a run would find its interpreter started.", prometheus.GaugeValue,
		func(s *runtime.EnvironmentStats) int64 {
			if s.Up {
				return 1
			}
			return 0
		}),
	newFigure("workers_ready", "Workers that wait for a script.", prometheus.GaugeValue,
		func(s *runtime.EnvironmentStats) int64 { return int64(s.Ready) }),
	newFigure("runs_total", "Scripts that were begun.", prometheus.CounterValue,
		func(s *runtime.EnvironmentStats) int64 { return s.Runs }),
	newFigure("starts_total", "Starts because somebody asked for it, or at once; not those of the default one.",
		prometheus.CounterValue, func(s *runtime.EnvironmentStats) int64 { return s.Starts }),
	newFigure("ends_total", "Ends because memory was short and nobody used it.", prometheus.CounterValue,
		func(s *runtime.EnvironmentStats) int64 { return s.Ends }),
	newFigure("start_failures_total", "Starts that came to nothing.", prometheus.CounterValue,
		func(s *runtime.EnvironmentStats) int64 { return s.Failures }),
	newFigure("restarts_total", "Interpreters that took the place of one that died.", prometheus.CounterValue,
		func(s *runtime.EnvironmentStats) int64 { return s.Restarts }),
}

// Describe implements prometheus.Collector.
func (e environments) Describe(to chan<- *prometheus.Desc) {
	for _, f := range figures {
		to <- f.desc
	}
}

// Collect implements prometheus.Collector.
func (e environments) Collect(to chan<- prometheus.Metric) {
	all := e.stats().Environments
	for i := range all {
		for _, f := range figures {
			to <- prometheus.MustNewConstMetric(f.desc, f.kind, float64(f.value(&all[i])), all[i].Name)
		}
	}
}
