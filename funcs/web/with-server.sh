#!/usr/bin/env bash
# Runs a command against a server of this checkout, which SERVER_URL names for
# it, and ends the server. Settings of the server are taken as they are.
#
#   with-server.sh COMMAND [ARGUMENT...]
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)

work=$(mktemp -d)
server=
# shellcheck disable=SC2317 # the trap calls it
finish() {
	if [[ -n $server ]]; then
		kill "$server" 2>/dev/null || true
		wait "$server" 2>/dev/null || true
	fi
	rm -rf "$work"
}
trap finish EXIT

(cd "$root" && go build -o "$work/server" ./cmd/server)
# Below the ports that the kernel gives to connections, one of which could take
# it in between.
port=$(python3 -c 'import random, socket
while True:
    port = random.randrange(20000, 32000)
    try: socket.create_server(("127.0.0.1", port)).close()
    except OSError: continue
    print(port); break')
HOST=127.0.0.1 PORT=$port "$work/server" >"$work/log" 2>&1 &
server=$!
export SERVER_URL=http://127.0.0.1:$port
for _ in {1..3000}; do # packages may have to be fetched
	if curl -fsS "$SERVER_URL/health" >/dev/null 2>&1; then
		"$@"
		exit
	fi
	kill -0 "$server" 2>/dev/null || break
	sleep 0.1
done
echo "the server did not start:" >&2
cat "$work/log" >&2
exit 1
