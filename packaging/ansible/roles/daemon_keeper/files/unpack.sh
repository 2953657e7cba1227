#!/bin/sh
# unpack.sh MANAGER FOLDER PACKAGE: put the program of a package into FOLDER, as
# daemon-keeper, and print its SHA-1. Nothing is installed.
#
#   MANAGER  as Ansible calls it: apt, dnf, dnf5, apk, pacman or pkgng
#   PACKAGE  a file, by its absolute path, or a name in the repositories
set -eu
manager=$1 folder=$2 package=$3
mkdir -p "$folder/package/root"
cd "$folder/package"

# Dependencies may come along: the name of a package's file begins with its own.
fetch() {
	case $manager in
	apt) apt-get -qq -o APT::Sandbox::User=root download "$1" ;;
	dnf*) dnf -q -y install --downloadonly --destdir . "$1" ;;
	apk) apk -q fetch "$1" ;;
	pacman) pacman --noconfirm -Sw --cachedir . "$1" ;;
	pkgng) pkg fetch -q -y -o . "$1" ;;
	esac >&2
	find "$PWD" -type f -name "$1[-_][0-9v]*" | head -n 1
}

unpack() {
	case $manager in
	apt) dpkg-deb -x "$1" . ;;
	dnf*) rpm2archive "$1" && tar -xzf "$1.tgz" ;;
	pacman) bsdtar -xf "$1" ;;
	*) tar -xf "$1" ;;
	esac >&2
}

case $package in
/*) ;;
*) package=$(fetch "$package") ;;
esac
cd root
unpack "$package"
program=$(find . -type f -path '*bin/daemon-keeper')
mv "$program" "$folder/daemon-keeper"
rm -rf "$folder/package"
if command -v sha1sum >/dev/null; then
	sha1sum <"$folder/daemon-keeper" | cut -d ' ' -f 1
else
	sha1 -q "$folder/daemon-keeper"
fi
