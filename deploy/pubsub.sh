#!/usr/bin/env bash
# Sets up Pub/Sub for a service that runs on Cloud Run already: the topics, the
# push subscription with its dead-letter topic, who may do what, and the settings
# by which the service knows the subscription from everybody else who may call it.
#
#   PROJECT=p REGION=r SERVICE=pyexec deploy/pubsub.sh --dry-run   prints the commands
#   PROJECT=p REGION=r SERVICE=pyexec deploy/pubsub.sh             runs them
#
# It can be run again: what exists is left as it is, except for the settings of
# the subscription and of the service, which are set anew. A later deployment must
# leave those of the service alone: --update-env-vars, not --set-env-vars.
#
# With PUBSUB_EMULATOR_HOST set it works on an emulator, which knows topics and
# subscriptions but neither accounts nor rights: start the service with
# RESULTS_TOPIC=$RESULTS EVENTS=on.
set -euo pipefail

PROJECT=${PROJECT:?the id of the project}
SERVICE=${SERVICE:-pyexec}          # of Cloud Run
REGION=${REGION:-}                  # of that service
JOBS=${JOBS:-jobs}                  # topic: requests
RESULTS=${RESULTS:-results}         # topic: replies
DEAD=${DEAD:-$JOBS-dead}            # topic: requests that were given up
SUBSCRIPTION=${SUBSCRIPTION:-$JOBS-push}
ENDPOINT=${ENDPOINT:-}              # where to push; asked of Cloud Run when empty
RUN_TIMEOUT=${RUN_TIMEOUT:-30}      # EXEC_TIMEOUT of the service, in whole seconds
ATTEMPTS=${ATTEMPTS:-5}             # deliveries before a message is given up, 5 to 100
MIN_RETRY=${MIN_RETRY:-2s}
MAX_RETRY=${MAX_RETRY:-60s}
INVOKER=${INVOKER:-$SERVICE-push}   # account that Pub/Sub calls the service as
RUNNER=${RUNNER:-$SERVICE-run}      # account that the service runs as
SIGNATURE=${SIGNATURE:-platform}    # EVENTS_SIGNATURE; verify for a service that everybody may call

dry=
case ${1:-} in
'') ;;
--dry-run) dry=yes ;;
*)
	echo "usage: $0 [--dry-run]" >&2
	exit 2
	;;
esac

# A message waits for the start of the service, in its queue, EXEC_QUEUE_WAIT at
# most, and then runs. Whoever takes longer gets the message again, so the deadline
# is above the longest time that this can take; Pub/Sub allows 10 to 600 seconds.
deadline=$((5 * RUN_TIMEOUT + 30))
if ((deadline > 600)); then
	deadline=600
fi
if ((RUN_TIMEOUT >= deadline)); then
	echo "RUN_TIMEOUT: $RUN_TIMEOUT: a push must be answered within 600 seconds" >&2
	exit 2
fi

emulated=
if [[ -n ${PUBSUB_EMULATOR_HOST:-} ]]; then
	emulated=yes
	export CLOUDSDK_API_ENDPOINT_OVERRIDES_PUBSUB=http://$PUBSUB_EMULATOR_HOST/
	export CLOUDSDK_AUTH_DISABLE_CREDENTIALS=true
fi
export CLOUDSDK_CORE_PROJECT=$PROJECT CLOUDSDK_CORE_DISABLE_PROMPTS=1

run() {
	local line
	printf -v line '%q ' "$@"
	printf '%s\n' "${line% }"
	if [[ -z $dry ]]; then
		"$@" </dev/null
	fi
}

# exists says whether a thing is there already. In a dry run nothing is.
exists() { [[ -z $dry ]] && "$@" </dev/null >/dev/null 2>&1; }

topic() { exists gcloud pubsub topics describe "$1" || run gcloud pubsub topics create "$1"; }

account() {
	exists gcloud iam service-accounts describe "$1@$PROJECT.iam.gserviceaccount.com" ||
		run gcloud iam service-accounts create "$1" --display-name="$2"
}

topic "$JOBS"
topic "$RESULTS"
topic "$DEAD"
# What was given up is kept for a week, for somebody to look at.
exists gcloud pubsub subscriptions describe "$DEAD-keep" ||
	run gcloud pubsub subscriptions create "$DEAD-keep" --topic="$DEAD" --message-retention-duration=7d --expiration-period=never

push=(
	--ack-deadline="$deadline"
	--dead-letter-topic="$DEAD" --max-delivery-attempts="$ATTEMPTS"
	--min-retry-delay="$MIN_RETRY" --max-retry-delay="$MAX_RETRY"
)
if [[ -z $emulated ]]; then
	: "${REGION:?the region of the service}"
	account "$INVOKER" "Pub/Sub calls $SERVICE"
	account "$RUNNER" "$SERVICE runs as this"
	invoker=$INVOKER@$PROJECT.iam.gserviceaccount.com
	runner=$RUNNER@$PROJECT.iam.gserviceaccount.com

	# Where everybody may call, Cloud Run verifies nothing.
	if [[ -z $dry && $SIGNATURE == platform ]]; then
		policy=$(gcloud run services get-iam-policy "$SERVICE" --region="$REGION" --format=json)
		service=$(gcloud run services describe "$SERVICE" --region="$REGION" --format=json)
		if [[ $policy == *'"allUsers"'* || $service =~ \"run.googleapis.com/invoker-iam-disabled\":\ *\"true\" ]]; then
			echo "$SERVICE: everybody may call it: SIGNATURE=verify has the service verify tokens itself" >&2
			exit 1
		fi
	fi

	# Pub/Sub's account may call the service, and only the service may publish
	# results.
	run gcloud run services add-iam-policy-binding "$SERVICE" --region="$REGION" --member="serviceAccount:$invoker" --role=roles/run.invoker
	run gcloud pubsub topics add-iam-policy-binding "$RESULTS" --member="serviceAccount:$runner" --role=roles/pubsub.publisher

	if [[ -z $ENDPOINT ]]; then
		ENDPOINT=https://SERVICE_URL
		if [[ -z $dry ]]; then
			ENDPOINT=$(gcloud run services describe "$SERVICE" --region="$REGION" --format='value(status.url)')
		fi
	fi
	# The token names the service, not the path.
	audience=${ENDPOINT%/events}
	push+=(--push-auth-service-account="$invoker" --push-auth-token-audience="$audience")

	# Before anything is pushed: others may call the service, too, and must not
	# have results published.
	run gcloud run services update "$SERVICE" --region="$REGION" --service-account="$runner" \
		--update-env-vars="RESULTS_TOPIC=$RESULTS,EVENTS_AUDIENCE=$audience,EVENTS_ACCOUNTS=$invoker,EVENTS_SIGNATURE=$SIGNATURE"
fi
: "${ENDPOINT:?where the service listens}"
push+=(--push-endpoint="${ENDPOINT%/events}/events")

if exists gcloud pubsub subscriptions describe "$SUBSCRIPTION"; then
	run gcloud pubsub subscriptions update "$SUBSCRIPTION" "${push[@]}"
else
	run gcloud pubsub subscriptions create "$SUBSCRIPTION" --topic="$JOBS" --expiration-period=never "${push[@]}"
fi

if [[ -z $emulated ]]; then
	# Giving a message up is done by Pub/Sub itself, which needs the right to.
	number=PROJECT_NUMBER
	if [[ -z $dry ]]; then
		number=$(gcloud projects describe "$PROJECT" --format='value(projectNumber)')
	fi
	agent=serviceAccount:service-$number@gcp-sa-pubsub.iam.gserviceaccount.com
	run gcloud pubsub topics add-iam-policy-binding "$DEAD" --member="$agent" --role=roles/pubsub.publisher
	run gcloud pubsub subscriptions add-iam-policy-binding "$SUBSCRIPTION" --member="$agent" --role=roles/pubsub.subscriber
fi
