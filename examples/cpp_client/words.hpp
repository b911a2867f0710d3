// Copyright 2026 The camera_driver authors
// SPDX-License-Identifier: Apache-2.0
// Needs the generated interfaces alone, not rclcpp.
#pragma once

#include <camera_driver/srv/capture.hpp>

#include <string>

using camera_driver::srv::Capture;

inline Capture::Request request()
{
  Capture::Request request;
  request.wait = true;
  request.download = true;
  return request;
}

/// Return the answer in words.
inline std::string words(const Capture::Response & answer)
{
  if (answer.outcome_unknown) {
    return "may have been taken, never repeat it blindly: " + answer.message;
  }
  if (!answer.success) {
    return "not taken: " + answer.message;
  }
  return "shot " + answer.shot_id + ": image " + std::to_string(answer.image_index) + " at " +
         std::to_string(answer.stamp.sec) + " s";
}

/// Return the exit code of the command `camera-driver`.
inline int exit_code(const Capture::Response & answer)
{
  return answer.outcome_unknown ? 8 : answer.success ? 0 : 1;
}
