#include "kit/name_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <stdexcept>
#include <thread>

namespace kidoban::kit {

namespace {

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(port);
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return at;
}

int bound_socket(int type, std::uint16_t& port) {
  const int one = ::socket(AF_INET, type | SOCK_CLOEXEC, 0);
  sockaddr_in at = loopback(port);
  socklen_t length = sizeof at;
  if (one < 0 || ::bind(one, reinterpret_cast<sockaddr*>(&at), length) != 0 ||
      ::getsockname(one, reinterpret_cast<sockaddr*>(&at), &length) != 0) {
    throw std::runtime_error("no loopback port");
  }
  port = ntohs(at.sin_port);
  return one;
}

bool takes_connections(std::uint16_t port) {
  const int one = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in at = loopback(port);
  const bool taken = ::connect(one, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0;
  ::close(one);
  return taken;
}

}  // namespace

NameServer::NameServer() {
  const int held = bound_socket(SOCK_STREAM, port_);
  ::close(held);
}

NameServer::~NameServer() { stop(); }

void NameServer::publish(const std::map<std::string, std::string>& zones) {
  stop();
  const std::string folder = folder_.path().string();
  std::ofstream conf(folder_.path() / "nsd.conf");
  conf << "server:\n  ip-address: 127.0.0.1@" << port_ << "\n  username: \"\"\n  chroot: \"\"\n  server-count: 1\n  database: \"\"\n"
       << "  zonesdir: \"" << folder << "\"\n  pidfile: \"" << folder << "/pid\"\n  xfrdfile: \"\"\n  xfrdir: \"" << folder
       << "\"\n  zonelistfile: \"" << folder << "/zones\"\n  logfile: \"" << folder << "/log\"\nremote-control:\n  control-enable: no\n";
  for (const auto& [name, records] : zones) {
    const std::string file = name + ".zone";
    conf << "zone:\n  name: \"" << name << "\"\n  zonefile: \"" << (records == "broken" ? "missing" : file) << "\"\n";
    std::ofstream(folder_.path() / file) << "$ORIGIN " << name << ".\n$TTL 0\n@ SOA ns hostmaster 1 60 60 60 0\n@ NS ns\nns A 127.0.0.1\n"
                                         << records << "\n";
  }
  conf.close();
  start();
}

void NameServer::start() {
  const std::string conf = (folder_.path() / "nsd.conf").string();
  child_ = ::fork();
  if (child_ == 0) {
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    const int nothing = ::open("/dev/null", O_RDWR);
    for (const int one : {0, 1, 2}) ::dup2(nothing, one);
    ::execl("/usr/sbin/nsd", "nsd", "-d", "-c", conf.c_str(), nullptr);
    ::_exit(72);
  }
  for (int i = 0; i < 500; ++i) {
    if (takes_connections(port_)) return;
    if (::waitpid(child_, nullptr, WNOHANG) == child_) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  throw std::runtime_error("NSD didn't start: install nsd; see " + (folder_.path() / "log").string());
}

void NameServer::stop() {
  if (child_ < 0) return;
  ::kill(child_, SIGTERM);
  ::waitpid(child_, nullptr, 0);
  ::kill(-child_, SIGKILL);  // its children, where one is left
  child_ = -1;
}

SilentServer::SilentServer() { socket_ = bound_socket(SOCK_DGRAM, port_); }
SilentServer::~SilentServer() { ::close(socket_); }

}  // namespace kidoban::kit
