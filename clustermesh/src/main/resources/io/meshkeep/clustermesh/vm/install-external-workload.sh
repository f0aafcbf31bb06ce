#!/bin/bash
# Runs the Cilium agent on this machine and joins it to cluster %CLUSTER_NAME_TEXT%.
# Written by "meshkeep vm install". It holds a private key: keep it to yourself.
#
#   install-external-workload.sh [IMAGE [ADDRESS[,ADDRESS]... [AGENT-FLAGS]]]
#   install-external-workload.sh uninstall
#
# Variables: HOST_IP (the address of this machine to use), CLUSTER_NAME, CLUSTER_ID.
set -euo pipefail

CILIUM_IMAGE=${1:-%IMAGE%}
CLUSTER_ADDR=${2:-%ADDRESSES%}
CONFIG_OVERWRITES=${3:-%OVERWRITES%}
CLUSTER_NAME=${CLUSTER_NAME:-%CLUSTER_NAME%}
CLUSTER_ID=${CLUSTER_ID:-%CLUSTER_ID%}
HOST_IP=${HOST_IP:-}
RETRIES=%RETRIES%

SERVER=clustermesh-apiserver.cilium.io
ETCD_DIR=/var/lib/cilium/etcd
RESOLV=/etc/resolv.conf
DROP_IN=/etc/systemd/resolved.conf.d/cilium-kube-dns.conf

die() {
    echo "$*" >&2
    exit 1
}

# Files are only touched through this, as root.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    else
        sudo "$@"
    fi
}

# Writes standard input to a new file of a mode.
write_file() {
    as_root install -m "$1" /dev/stdin "$2"
}

remove_agent() {
    if as_root docker container inspect cilium >/dev/null 2>&1; then
        echo 'Removing the running Cilium agent'
        as_root docker rm -f cilium >/dev/null
    fi
}

restart_resolved() {
    as_root systemctl daemon-reload
    as_root systemctl restart systemd-resolved.service
}

uninstall() {
    remove_agent
    as_root rm -f /usr/bin/cilium /usr/bin/cilium-dbg
    if as_root test -f "$RESOLV.orig"; then
        echo "Restoring $RESOLV"
        as_root mv -f "$RESOLV.orig" "$RESOLV"
    elif as_root test -f "$RESOLV.link"; then
        echo 'Restoring the configuration of systemd-resolved'
        as_root rm -f "$DROP_IN"
        restart_resolved
        as_root ln -fs "$(as_root cat "$RESOLV.link")" "$RESOLV"
        as_root rm -f "$RESOLV.link"
    fi
    as_root rm -rf "$ETCD_DIR"
}

if [ "${1:-}" = uninstall ]; then
    uninstall
    exit 0
fi

# --- Where the cluster is --------------------------------------------------------------------------------------------

byte='(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])'
ipv4="$byte\\.$byte\\.$byte\\.$byte"
ipv6='[0-9a-fA-F:]*:[0-9a-fA-F:]*'

# Sets ip and port from IP, IP:PORT, [IPv6] or [IPv6]:PORT.
parse_address() {
    port=2379
    if [[ $1 =~ ^($ipv4)(:([0-9]{1,5}))?$ ]]; then
        ip=${BASH_REMATCH[1]}
        port=${BASH_REMATCH[7]:-$port}
    elif [[ $1 =~ ^\[($ipv6)\](:([0-9]{1,5}))?$ ]]; then
        ip=${BASH_REMATCH[1]}
        port=${BASH_REMATCH[3]:-$port}
    else
        die "Malformed CLUSTER_ADDR: $1"
    fi
    if ! [[ $port =~ ^[1-9] ]] || [ "$port" -gt 65535 ]; then
        die "Malformed CLUSTER_ADDR: $1"
    fi
}

[ -n "$CLUSTER_ADDR" ] ||
    die 'CLUSTER_ADDR must be the IP:PORT at which clustermesh-apiserver is reached; several with commas between them.'
# One name for all addresses: the agent then connects to the first that answers, and to another when that is lost.
IFS=, read -r -a addresses <<<"$CLUSTER_ADDR"
cluster_port=
hosts=()
for address in "${addresses[@]}"; do
    parse_address "$address"
    if [ -n "$cluster_port" ] && [ "$cluster_port" != "$port" ]; then
        die "Malformed CLUSTER_ADDR: all addresses must have the same port, not $cluster_port and $port"
    fi
    cluster_port=$port
    hosts+=(--add-host "$SERVER:$ip")
done
if [ -n "$HOST_IP" ] && ! [[ $HOST_IP =~ ^$ipv4$ ]]; then
    die "Malformed HOST_IP: $HOST_IP"
fi

# --- What the agent needs --------------------------------------------------------------------------------------------

as_root install -d -m 0700 "$ETCD_DIR"
write_file 0600 "$ETCD_DIR/ca.crt" <<'END'
%CA%
END
write_file 0600 "$ETCD_DIR/tls.crt" <<'END'
%CERT%
END
write_file 0600 "$ETCD_DIR/tls.key" <<'END'
%KEY%
END
write_file 0600 "$ETCD_DIR/config.yaml" <<END
---
trusted-ca-file: $ETCD_DIR/ca.crt
cert-file: $ETCD_DIR/tls.crt
key-file: $ETCD_DIR/tls.key
endpoints:
- https://$SERVER:$cluster_port
END

agent=(--join-cluster --bpf-lb-sock --enable-endpoint-health-checking=false)
agent+=(--cluster-name "$CLUSTER_NAME" --cluster-id "$CLUSTER_ID")
agent+=(--kvstore etcd --kvstore-opt "etcd.config=$ETCD_DIR/config.yaml")
if [ -n "$HOST_IP" ]; then
    agent+=(--ipv4-node "$HOST_IP")
fi
read -r -a overwrites <<<"$CONFIG_OVERWRITES"
agent+=(${overwrites[@]+"${overwrites[@]}"})

container=(--name cilium --detach --log-driver local --restart always)
container+=(--privileged --network host --cap-add NET_ADMIN --cap-add SYS_MODULE)
# In the host's cgroup namespace, or load balancing at the socket would not see the host's processes.
container+=(--cgroupns=host)
for volume in "$ETCD_DIR" /var/run/cilium /boot /lib/modules /sys/fs/bpf /run/xtables.lock; do
    container+=(--volume "$volume:$volume")
done
container+=("${hosts[@]}")

# --- The agent -------------------------------------------------------------------------------------------------------

start_agent() {
    remove_agent
    echo "Launching Cilium agent $CILIUM_IMAGE"
    as_root docker run "${container[@]}" "$CILIUM_IMAGE" cilium-agent "${agent[@]}" || return 1
    # Up to Cilium 1.15 the file is called cilium.
    as_root docker cp -L cilium:/usr/bin/cilium-dbg /usr/bin/cilium-dbg 2>/dev/null ||
        as_root docker cp -L cilium:/usr/bin/cilium /usr/bin/cilium-dbg || return 1
    as_root ln -fs /usr/bin/cilium-dbg /usr/bin/cilium
    for ((i = 0; i < 12; i++)); do
        if as_root cilium-dbg status --brief >/dev/null 2>&1; then
            return 0
        fi
        echo 'Waiting for the Cilium agent to come up'
        sleep 5
    done
    return 1
}

until start_agent; do
    as_root cilium-dbg status || true
    if [ "$RETRIES" -eq 0 ]; then
        die "The Cilium agent did not come up; see: docker logs cilium"
    fi
    RETRIES=$((RETRIES - 1))
    echo 'Starting the Cilium agent again'
done
echo 'Cilium status:'
as_root cilium-dbg status || true

# --- Names of the cluster --------------------------------------------------------------------------------------------

kube_dns=
for ((i = 0; i < 24; i++)); do
    found=$(as_root cilium-dbg service list -o jsonpath='{[?(@.spec.frontend-address.port==53)].spec.frontend-address.ip}' ||
        true)
    kube_dns=${found%%[[:space:]]*}
    if [ -n "$kube_dns" ]; then
        break
    fi
    echo 'Waiting for the kube-dns service'
    sleep 5
done
[ -n "$kube_dns" ] || die 'kube-dns not found.'

labels=$(as_root cilium-dbg endpoint get -l reserved:host -o jsonpath='{$[0].status.identity.labels}' || true)
namespace=default
if [[ $labels =~ io\.kubernetes\.pod\.namespace=([a-z0-9-]+) ]]; then
    namespace=${BASH_REMATCH[1]}
fi
domains="$namespace.svc.cluster.local svc.cluster.local cluster.local"

link=$(as_root readlink "$RESOLV" || true)
if [[ $link == */systemd/* ]]; then
    echo "Telling systemd-resolved of kube-dns at $kube_dns"
    if ! as_root test -f "$RESOLV.link"; then
        write_file 0644 "$RESOLV.link" <<<"$link"
    fi
    as_root install -d -m 0755 "${DROP_IN%/*}"
    write_file 0644 "$DROP_IN" <<END
# Has names of the cluster's services answered by the cluster.
[Resolve]
DNS=$kube_dns
Domains=$domains
END
    restart_resolved
    as_root ln -fs /run/systemd/resolve/resolv.conf "$RESOLV"
else
    echo "Adding kube-dns at $kube_dns to $RESOLV"
    if ! as_root test -f "$RESOLV.orig"; then
        as_root cp "$RESOLV" "$RESOLV.orig"
    fi
    {
        echo "nameserver $kube_dns"
        as_root cat "$RESOLV.orig"
        echo "search $domains"
    } | write_file 0644 "$RESOLV"
fi
echo 'This machine has joined the cluster.'
