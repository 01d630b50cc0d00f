/// log_capture.h: what a server of a test logs.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <string>
#include <string_view>
#include <thread>

#include "smtp/running_server.h"

namespace maildrop::smtp::test {

/// What is written to standard error while it lives.
class LogCapture {
 public:
  LogCapture() : kept_(::dup(STDERR_FILENO)) {
    REQUIRE(::pipe2(ends_, O_NONBLOCK | O_CLOEXEC) == 0);
    ::dup2(ends_[1], STDERR_FILENO);
  }
  ~LogCapture() {
    ::dup2(kept_, STDERR_FILENO);
    for (const int each : {kept_, ends_[0], ends_[1]}) ::close(each);
  }
  LogCapture(const LogCapture&) = delete;

  /// Whether that comes within kPatience: loops write their lines when they have a moment.
  bool has(std::string_view text) {
    for (int left = kPatience; text_.find(text) == std::string::npos && left > 0; --left) {
      char buffer[4096];
      for (ssize_t n; (n = ::read(ends_[0], buffer, sizeof buffer)) > 0;)
        text_.append(buffer, static_cast<std::size_t>(n));
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return text_.find(text) != std::string::npos;
  }

 private:
  int kept_;
  std::string text_;
  int ends_[2] = {-1, -1};
};

}  // namespace maildrop::smtp::test
