package config

// Ways to start this service with the packages of cmd/packages/data.txt. Each is one line,
// and what README.md and docs/deploy.md say.
const (
	dataHere   = "PYTHON_PACKAGES=cmd/packages/data.txt go run ./cmd/"
	dataImage  = "sed -i.bak 's|^ARG PACKAGES=.*|ARG PACKAGES=cmd/packages/data.txt|' Dockerfile && gcloud run deploy "
	dataHosted = "--update-env-vars=PYTHON_PACKAGES=serverless_function_source_code/cmd/packages/data.txt --memory=4Gi"
)

// dataAdvice says how to start this service with the data set: as a function, as a service
// of Cloud Run that has a name, or wherever else, where both ways are told.
func dataAdvice(given map[string]string) string {
	service := given["K_SERVICE"]
	switch {
	case given["FUNCTION_TARGET"] != "":
		return "The operator deploys the function with " + dataHosted + ", or better the image: docs/deploy.md."
	case service != "":
		return "The operator deploys it with: " + dataImage + service + " --source ."
	}
	return "The operator starts it with: " + dataHere + "server. On Cloud Run: " + dataImage + "pyexec --source ."
}

// DataAdviceOf is what Config.Runtime.DataAdvice says where another program of cmd runs the
// scripts, on this machine.
func DataAdviceOf(program string) string { return "Run it with: " + dataHere + program }
