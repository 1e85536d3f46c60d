#!/usr/bin/env bash
# shaped.sh RANKS RATE COMMAND...: runs COMMAND under Open MPI, each rank in a network namespace of its own, behind a link of RATE (1gbit).
# Needs root, iproute2 and Open MPI. All that it makes is gone when it ends.
set -euo pipefail
ranks=$1 rate=$2
shift 2
prefix=zoo$$
work=$(mktemp -d)
cleanup() {
  for ((i = 1; i <= ranks; i++)); do ip netns del "$prefix-$i" 2>/dev/null || true; done
  ip link del "$prefix" 2>/dev/null || true
  rm -rf "$work"
}
trap cleanup EXIT

ip link add "$prefix" type bridge
ip link set "$prefix" up
hosts=
for ((i = 1; i <= ranks; i++)); do
  ip netns add "$prefix-$i"
  ip link add "v$i-$$" type veth peer name eth0 netns "$prefix-$i"
  ip link set "v$i-$$" master "$prefix" up
  ip -n "$prefix-$i" addr add "10.77.0.$i/24" dev eth0
  ip -n "$prefix-$i" link set eth0 up
  ip -n "$prefix-$i" link set lo up
  # Both ways: what a rank sends, and what the bridge sends to it.
  ip netns exec "$prefix-$i" tc qdisc add dev eth0 root tbf rate "$rate" burst 256kb latency 50ms
  tc qdisc add dev "v$i-$$" root tbf rate "$rate" burst 256kb latency 50ms
  hosts+=${hosts:+,}10.77.0.$i:1
done

# In the place of ssh: a shell in the namespace that has the address.
cat >"$work/agent" <<AGENT
#!/usr/bin/env bash
address=\$1
shift
exec ip netns exec "$prefix-\${address##*.}" bash -c "\$*"
AGENT
chmod +x "$work/agent"

ip netns exec "$prefix-1" mpirun.openmpi --allow-run-as-root --bind-to none --host "$hosts" -n "$ranks" \
  --mca plm_rsh_agent "$work/agent" --mca btl tcp,self --mca pml ob1 \
  --mca btl_tcp_if_include 10.77.0.0/24 --mca oob_tcp_if_include 10.77.0.0/24 "$@"
