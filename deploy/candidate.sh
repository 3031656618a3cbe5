#!/usr/bin/env bash
# Deploys an image as a revision with the tag "candidate" and without traffic,
# for deploy/smoke.sh to ask.
#
#   SERVICE=pyexec REGION=r RUNNER=account IMAGE=image deploy/candidate.sh
#
# MEMORY_MB=320 is EXEC_MEMORY_MB, 384 unless given: an image with environments needs room
# for an interpreter more.
#
# Where no revision serves yet, because the service is new or has never started,
# there is none that could keep the traffic, and gcloud refuses --no-traffic. The
# candidate gets it then. Nobody may call a new service, so nobody does.
#
# Settings that were made otherwise, such as those of deploy/pubsub.sh, stay.
set -euo pipefail
: "${SERVICE:?the service}" "${REGION:?its region}" "${RUNNER:?the account it runs as}" "${IMAGE:?the image}"

deploy() {
	gcloud run deploy "$SERVICE" --image="$IMAGE" --region="$REGION" --service-account="$RUNNER" \
		--execution-environment=gen2 --cpu=2 --memory=2Gi --concurrency=4 \
		--update-env-vars=EXEC_WORKERS=4,EXEC_MEMORY_MB="${MEMORY_MB:-384}" --timeout=120 --cpu-boost --max-instances=20 \
		--startup-probe=httpGet.path=/health,periodSeconds=1,timeoutSeconds=1,failureThreshold=30 \
		--no-allow-unauthenticated --tag=candidate "$@"
}

# A list, because describe fails alike for what is not there and for who may not ask.
serving=$(gcloud run services list --region="$REGION" --filter="metadata.name=$SERVICE" --format='value(status.latestReadyRevisionName)')
if [[ -n $serving ]]; then
	deploy --no-traffic
else
	echo "$SERVICE: no revision serves yet: the candidate gets the traffic"
	deploy
fi
