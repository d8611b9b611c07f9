#!/bin/sh
# A machine with systemd, without booting one: called as PID 1 of new namespaces.
#
#     unshare --mount --pid --cgroup --ipc --uts --fork sh machine.sh ROOT NODE REPOSITORY UNITS CONFIGURATION
#
# ROOT becomes its root file system: this machine's programs, NODE as /usr/bin/node, and three folders: /opt/trans-hub runs from
# the sources in REPOSITORY, UNITS are systemd's units, CONFIGURATION is /etc/trans-hub. It shares this machine's network.
set -eu
root=$1 node=$2 repository=$3 units=$4 configuration=$5

mount --make-rprivate /
mount -t tmpfs tmpfs "$root"
cd "$root"
mkdir -p usr etc/systemd/system var/lib var/log run proc sys dev tmp root home old opt/repository opt/trans-hub/dist
for folder in bin sbin lib lib64; do ln -s "usr/$folder" "$folder"; done
mount --rbind /usr usr
mount --bind "$node" usr/bin/node
mount --bind "$repository" opt/repository
echo 'import "/opt/repository/packages/cli/src/bin.js";' > opt/trans-hub/dist/bin.js
echo '{ "type": "module" }' > opt/trans-hub/package.json
cp -r "$repository/deploy/bin" opt/trans-hub/
cp -r "$units/." etc/systemd/system/
cp -r "$configuration" etc/trans-hub
chmod -R go-rwx etc/trans-hub
cp /etc/passwd /etc/group /etc/nsswitch.conf etc/
echo 0123456789abcdef0123456789abcdef > etc/machine-id

mount -t proc proc proc
mount -t sysfs sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs -o mode=1777 tmpfs tmp
mount -t tmpfs -o mode=755 tmpfs dev
for device in null zero full random urandom tty; do
  touch "dev/$device"
  mount --bind "/dev/$device" "dev/$device"
done
mkdir dev/shm dev/pts
mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd

# Units that would reach this machine's kernel.
for unit in systemd-sysctl.service systemd-modules-load.service systemd-remount-fs.service systemd-udevd.service \
  systemd-random-seed.service systemd-update-utmp.service sys-kernel-debug.mount sys-kernel-tracing.mount dev-hugepages.mount \
  dev-mqueue.mount sys-fs-fuse-connections.mount; do
  ln -s /dev/null "etc/systemd/system/$unit"
done
printf '[Unit]\nRequires=sysinit.target basic.target\n' > etc/systemd/system/default.target

# pivot_root instead of chroot: in a chroot, a process may not make the user namespaces for PrivateUsers=. Mounts are shared, so
# that the credentials that systemd mounts for a service arrive there.
pivot_root . old
cd /
umount -l /old
mount --make-rshared /
exec env -i container=docker PATH=/usr/bin:/usr/sbin /usr/lib/systemd/systemd --system --log-target=null --show-status=false
