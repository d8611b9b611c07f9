#!/bin/sh
# A container's environment without a container engine: called as PID 1 of a new PID namespace, in its own mount namespace.
#
#     unshare --mount --pid --fork sh container.sh ROOT APP NODE UID GID WORKDIR COMMAND…
#
# ROOT becomes the root file system, read-only: this machine's libraries, NODE as /usr/local/bin/node, APP as /app, an empty
# /tmp, /proc, and the devices in /dev that every engine provides. No shell, no /etc. COMMAND replaces this process as PID 1.
set -eu
root=$1 app=$2 node=$3 uid=$4 gid=$5 workdir=$6
shift 6

mount --make-rprivate /
mount -t tmpfs tmpfs "$root"
mkdir -p "$root/usr/lib" "$root/usr/lib64" "$root/usr/local/bin" "$root/app" "$root/tmp" "$root/proc" "$root/dev"
ln -s usr/lib "$root/lib"
ln -s usr/lib64 "$root/lib64"
touch "$root/usr/local/bin/node" "$root/dev/null" "$root/dev/urandom"
mount -o bind,ro /usr/lib "$root/usr/lib"
[ ! -d /usr/lib64 ] || mount -o bind,ro /usr/lib64 "$root/usr/lib64"
mount -o bind,ro "$node" "$root/usr/local/bin/node"
mount -o bind,ro "$app" "$root/app"
mount --bind /dev/null "$root/dev/null"
mount --bind /dev/urandom "$root/dev/urandom"
mount -t proc proc "$root/proc"
mount -t tmpfs -o nosuid,nodev,mode=1777 tmpfs "$root/tmp"
mount -o remount,ro "$root"

# Without setuid binaries anywhere, and with no capability left once the user has changed.
exec setpriv --no-new-privs -- unshare --root="$root" --wd="$workdir" --setgid="$gid" --setuid="$uid" -- "$@"
