// Copyright 2026 The camera_driver authors
// SPDX-License-Identifier: Apache-2.0
// Takes a picture: cpp_client /sierra
#include <chrono>
#include <iostream>
#include <memory>
#include <string>

#include "rclcpp/rclcpp.hpp"
#include "words.hpp"

int main(int argc, char ** argv)
{
  using std::chrono_literals::operator""s;
  rclcpp::init(argc, argv);
  auto node = rclcpp::Node::make_shared("cpp_client");
  const std::string camera = argc > 1 ? argv[1] : "/sierra";
  auto client = node->create_client<Capture>(camera + "/capture");
  if (!client->wait_for_service(10s)) {
    std::cerr << "no " << camera << "/capture here\n";
    return 4;
  }
  auto answer = client->async_send_request(std::make_shared<Capture::Request>(request()));
  if (rclcpp::spin_until_future_complete(node, answer, 300s) != rclcpp::FutureReturnCode::SUCCESS) {
    std::cerr << "no answer: the picture may have been taken\n";
    return 8;
  }
  const auto response = answer.get();
  std::cout << words(*response) << "\n";
  rclcpp::shutdown();
  return exit_code(*response);
}
