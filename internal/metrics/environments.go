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

// installFigure is one figure of what was installed for scripts.
type installFigure struct {
	desc  *prometheus.Desc
	kind  prometheus.ValueType
	value func(*runtime.InstallStats) int64
}

func newInstallFigure(
	name, help string, kind prometheus.ValueType, value func(*runtime.InstallStats) int64,
) installFigure {
	return installFigure{prometheus.NewDesc("pyexec_environment_"+name, help, nil, nil), kind, value}
}

var installFigures = []installFigure{
	newInstallFigure("installed", "Sets of packages that were installed for scripts and that have an interpreter.",
		prometheus.GaugeValue, func(s *runtime.InstallStats) int64 { return int64(s.Alive) }),
	newInstallFigure("installs_total", "Sets of packages that were installed for scripts.", prometheus.CounterValue,
		func(s *runtime.InstallStats) int64 { return s.Installed }),
	newInstallFigure("install_failures_total", "Installations that came to nothing, refusals among them.",
		prometheus.CounterValue, func(s *runtime.InstallStats) int64 { return s.Failed }),
	newInstallFigure("install_fetched_bytes_total", "Bytes fetched for sets that were installed.",
		prometheus.CounterValue, func(s *runtime.InstallStats) int64 { return s.Fetched }),
	newInstallFigure("cache_bytes", "Disk that installed sets take, and installations under way.",
		prometheus.GaugeValue, func(s *runtime.InstallStats) int64 { return s.Cached }),
}

// Describe implements prometheus.Collector.
func (e environments) Describe(to chan<- *prometheus.Desc) {
	for _, f := range figures {
		to <- f.desc
	}
	for _, f := range installFigures {
		to <- f.desc
	}
}

// Collect implements prometheus.Collector.
func (e environments) Collect(to chan<- prometheus.Metric) {
	stats := e.stats()
	for _, f := range installFigures {
		if stats.Installs.On {
			to <- prometheus.MustNewConstMetric(f.desc, f.kind, float64(f.value(&stats.Installs)))
		}
	}
	all := stats.Environments
	for i := range all {
		for _, f := range figures {
			to <- prometheus.MustNewConstMetric(f.desc, f.kind, float64(f.value(&all[i])), all[i].Name)
		}
	}
}
