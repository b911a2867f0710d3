# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
The C++ client, built as far as what is installed goes.

The wheels have no rclcpp: there the part that needs the generated interfaces alone is built, over
find_package(camera_driver), and run.
"""

from pathlib import Path
import shutil
import subprocess

from ament_index_python.packages import (
    get_package_prefix, get_packages_with_prefixes, PackageNotFoundError)
import pytest

CLIENT = Path(__file__).resolve().parents[2] / 'examples' / 'cpp_client'
WITHOUT_RCLCPP = ("""\
cmake_minimum_required(VERSION 3.20)
project(words CXX)
set(CMAKE_CXX_STANDARD 17)
find_package(camera_driver REQUIRED)
add_executable(words words.cpp)
target_include_directories(words PRIVATE {client})
target_link_libraries(words ${{camera_driver_TARGETS}})
""", """\
#include <iostream>
#include "words.hpp"
int main()
{
  Capture::Response answer;
  answer.success = true;
  answer.shot_id = "nadir-0001";
  answer.image_index = 4;
  std::cout << words(answer) << "; ";
  answer.outcome_unknown = true;
  std::cout << request().download << exit_code(answer) << "\\n";
}
""")


def build(source, folder):
    """Configure and build."""
    prefixes = ';'.join(dict.fromkeys(get_packages_with_prefixes().values()))
    for command in (['cmake', '-S', source, '-B', folder, f'-DCMAKE_PREFIX_PATH={prefixes}'],
                    ['cmake', '--build', folder]):
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.skipif(not shutil.which('cmake') or not shutil.which('c++'), reason='no C++ compiler')
def test_cpp_client(tmp_path):
    try:
        get_package_prefix('rclcpp')
    except PackageNotFoundError:
        source = tmp_path / 'words'
        source.mkdir()
        (source / 'CMakeLists.txt').write_text(WITHOUT_RCLCPP[0].format(client=CLIENT))
        (source / 'words.cpp').write_text(WITHOUT_RCLCPP[1])
        build(source, tmp_path / 'build')
        said = subprocess.run([tmp_path / 'build' / 'words'], capture_output=True, text=True)
        assert said.stdout == 'shot nadir-0001: image 4 at 0 s; 18\n'
        return
    build(CLIENT, tmp_path / 'build')
