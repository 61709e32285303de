#pragma once
// A real name server (NSD) for a test, on a loopback port of its own; gone with the test.

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "kit/stores.h"

namespace kidoban::kit {

class NameServer {
 public:
  NameServer();
  ~NameServer();
  NameServer(const NameServer&) = delete;
  NameServer& operator=(const NameServer&) = delete;

  // Zones by their names: records as a zone file has them, `_kidoban TXT "…"`. Takes the place of what was. A zone whose text
  // is "broken" answers SERVFAIL. What is asked afterwards is answered from it.
  void publish(const std::map<std::string, std::string>& zones);
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

 private:
  void start();
  void stop();
  TemporaryFolder folder_;
  std::uint16_t port_ = 0;
  pid_t child_ = -1;
};

// A port that takes questions and never answers one.
class SilentServer {
 public:
  SilentServer();
  ~SilentServer();
  SilentServer(const SilentServer&) = delete;
  SilentServer& operator=(const SilentServer&) = delete;
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

 private:
  int socket_ = -1;
  std::uint16_t port_ = 0;
};

}  // namespace kidoban::kit
