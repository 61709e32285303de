// A whole request's bytes: however they are cut into parts, what is read is the same.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/limits.h"
#include "http/incoming.h"

namespace {

using kidoban::http::Incoming;
constexpr std::size_t body_limit = 1024;

struct Outcome {
  Incoming::State state = Incoming::State::head;
  std::string told;  // everything a handler would see
  bool keep_alive = false;
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

// Feeds `step` bytes more at a time; what isn't taken is offered again with the next.
Outcome read(std::string_view bytes, std::size_t step) {
  Incoming incoming;
  std::string waiting;
  bool accepted = false;
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    waiting += bytes.substr(at, step);
    for (;;) {
      const std::size_t taken = incoming.read(waiting);
      if (taken > waiting.size()) std::abort();
      waiting.erase(0, taken);
      if (incoming.state() != Incoming::State::body || accepted) break;
      accepted = true;
      incoming.accept_body(body_limit);
    }
    if (incoming.state() == Incoming::State::whole || incoming.state() == Incoming::State::refused) break;
  }
  Outcome out{incoming.state(), {}, false};
  if (out.state == Incoming::State::refused) {
    out.told = std::to_string(incoming.refusal().status) + std::string(incoming.refusal().reason.text());
  } else if (out.state == Incoming::State::whole) {
    const auto& request = incoming.request();
    if (request.body.size() > body_limit) std::abort();
    if (request.target.size() > kidoban::limits::http_target_bytes) std::abort();
    out.told = request.target + "\n" + request.body;
    for (const auto& [name, value] : request.headers) {
      if (name.find_first_of("\r\n: ") != std::string::npos || value.find_first_of("\r\n") != std::string::npos) std::abort();
      out.told += "\n" + name + ":" + value;
    }
    out.keep_alive = incoming.keep_alive();
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const Outcome whole = read(bytes, size == 0 ? 1 : size);
  for (const std::size_t step : {std::size_t{1}, std::size_t{7}}) {
    const Outcome parts = read(bytes, step);
    // A request that is refused may be refused at another byte for another of its faults.
    if (whole.state == Incoming::State::whole && !(parts == whole)) std::abort();
    if ((parts.state == Incoming::State::whole) != (whole.state == Incoming::State::whole)) std::abort();
  }
  return 0;
}
